"""What each choice of the inventory must answer; one class per kind, in `deployer.adapters`.

All answers are values: commands, actions, texts. A kind that has nothing to do gives none.
"""

from collections.abc import Sequence
from typing import Literal, Protocol

from deployer.core.actions.backups import Dump
from deployer.core.command import Command
from deployer.core.host import Host
from deployer.core.model import Place
from deployer.core.release import Layout


class Source(Protocol):
    """Where the code comes from."""

    @property
    def kind(self) -> str: ...
    @property
    def url(self) -> str:
        """Where it is."""
        ...

    @property
    def revision(self) -> str:
        """The branch, tag or commit to deploy when no other is named."""
        ...

    @property
    def transport(self) -> Literal["pull", "push"]:
        """Whether hosts fetch it, or we send it."""
        ...

    @property
    def subdirectory(self) -> str:
        """The folder of the repository that is the app; "" for all of it."""
        ...

    @property
    def known_hosts(self) -> tuple[str, ...]:
        """Lines by which hosts know the server that they fetch from (sshd(8))."""
        ...

    def fetch(self, repository: str, revision: str) -> tuple[Command, ...]:
        """Give the commands by which a host brings a commit into its bare mirror."""
        ...


class Installer(Protocol):
    """What fills the virtual environment."""

    @property
    def kind(self) -> str: ...
    @property
    def locks(self) -> tuple[str, ...]:
        """The files of the release that decide what is installed."""
        ...

    @property
    def wheelhouse(self) -> str:
        """A local folder of wheels that is sent to hosts; "" to install from an index."""
        ...

    def build(self, interpreter: str, wheelhouse: str) -> tuple[Command, ...]:
        """Give the commands that build it; `{venv}` and `{release}` stand for their folders."""
        ...


class Framework(Protocol):
    """Who migrates, collects static files and checks the code."""

    @property
    def kind(self) -> str: ...
    @property
    def env(self) -> tuple[tuple[str, str], ...]:
        """Environment variables that its commands and the app need."""
        ...

    @property
    def probe(self) -> str:
        """Python that runs in the app's environment and fills `report`; "" for none."""
        ...

    @property
    def schema_probe(self) -> str:
        """Python that prints which migrations the database has; "" when nobody can tell."""
        ...

    def migrate(self, python: str) -> Command | None:
        """Give the command that applies pending migrations."""
        ...

    def collect_static(self, python: str) -> Command | None:
        """Give the command that writes static files into $STATIC_ROOT."""
        ...

    @property
    def collect_script(self) -> str:
        """What that command reads on its stdin; "" for nothing."""
        ...

    def checks(self, python: str) -> tuple[Command, ...]:
        """Give further commands that must succeed before the release is published."""
        ...


class AppServer(Protocol):
    """The program that runs the app."""

    @property
    def kind(self) -> str: ...
    @property
    def module(self) -> str:
        """Where the application object is, `package.module:attribute`."""
        ...

    @property
    def probe(self) -> str:
        """Python that loads the app just as the server will; "" for none."""
        ...


class Runtime(Protocol):
    """What starts, stops and watches the app server."""

    @property
    def kind(self) -> str: ...
    @property
    def start_timeout(self) -> float:
        """Seconds that a start may take."""
        ...

    @property
    def drain(self) -> float:
        """Seconds that the old release may take to finish its requests."""
        ...

    @property
    def keep_warm(self) -> float:
        """Seconds that the old release stays ready for an instant rollback."""
        ...

    @property
    def beside(self) -> bool:
        """Whether the new release starts beside the old one, so that both are in memory."""
        ...

    @property
    def keeps_sockets(self) -> bool:
        """Whether users can wait in sockets that stay open while no release runs."""
        ...


class WebServer(Protocol):
    """What takes requests from outside."""

    @property
    def kind(self) -> str: ...
    @property
    def front(self) -> str:
        """Where the host itself reaches it, such as `http://127.0.0.1:80`; "" for none."""
        ...

    @property
    def server_names(self) -> tuple[str, ...]:
        """The names that it answers for; the first is the main one."""
        ...

    def links(self, app: str) -> tuple[tuple[str, str], ...]:
        """Give the links that turn its files on: (link, target)."""
        ...


class Balancer(Protocol):
    """What hands requests to the web hosts, so that each can be left out for a while."""

    @property
    def kind(self) -> str: ...
    @property
    def has_hosts(self) -> bool:
        """Whether it runs on hosts of the inventory, those with the role `balancer`."""
        ...

    @property
    def drain(self) -> float:
        """Seconds that requests in flight get before a host is changed."""
        ...

    def links(self, app: str) -> tuple[tuple[str, str], ...]:
        """Give the links that turn its site on: (link, target)."""
        ...

    def refused(
        self, web_server: WebServer, hosts: Sequence[Host]
    ) -> tuple[tuple[Place, str], ...]:
        """Say what it cannot balance of these web hosts, and where that is written."""
        ...


class Database(Protocol):
    """What is backed up before a release may change it."""

    @property
    def kind(self) -> str: ...
    @property
    def backup(self) -> Literal["always", "before-migrate", "never"]:
        """When it is backed up."""
        ...

    @property
    def without_backup(self) -> str:
        """Why it is migrated without a backup; "" when it is not."""
        ...

    @property
    def is_local(self) -> bool:
        """Whether each host has one of its own; else all hosts share one."""
        ...

    def dump(self, layout: Layout, folder: str) -> Dump | None:
        """Say how it is dumped; None when there is nothing to dump."""
        ...
