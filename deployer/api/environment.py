"""An environment made ready for a command: inventory, hosts, secrets and rendered files."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from deployer.api.place import Place
from deployer.api.rendered import app_files
from deployer.api.request import Request
from deployer.core.event import Emit, Noticed
from deployer.core.inventory import Host, Inventory
from deployer.core.release import Release
from deployer.core.rendered import RenderedFile
from deployer.core.secret import Secret
from deployer.core.step import LiveFile, live_files
from deployer.engine.fleet import Fleet
from deployer.engine.redact import Redactor
from deployer.engine.session import Session
from deployer.errors import ConnectionLost, DeployerError, HostTimeout, HostUnreachable

Result = TypeVar("Result")


@dataclass(frozen=True)
class Environment:
    """What every use case starts from; no host was contacted to make it."""

    place: Place
    request: Request
    inventory: Inventory
    hosts: tuple[Host, ...]
    """Those that run the app, as far as the command is about them."""
    secrets: Mapping[str, Secret] = field(repr=False)
    emit: Emit
    run: str
    others: Release | None = None
    """What the hosts have that did not fail, when those that did are asked again."""
    balancers: tuple[Host, ...] = ()
    """Those that only hand requests to others, as far as `--limit` names them."""
    balancing: Mapping[str, Session] = field(default_factory=dict, repr=False)
    """Conversations with the balancers, for commands that switch web hosts."""

    @property
    def templates(self) -> Path:
        """The folder of the project's own templates, which need not exist."""
        return self.place.folder / "templates"

    @property
    def revision(self) -> str:
        """The branch, tag or commit that is wanted; who failed gets what the others have."""
        if not self.request.revision and self.others:
            return self.others.revision
        return self.request.revision or self.inventory.app.source.revision

    @property
    def pulls(self) -> bool:
        """Whether hosts fetch the code themselves."""
        return self.inventory.app.source.transport == "pull"

    @cached_property
    def redact(self) -> Redactor:
        """Scrubs this environment's secrets."""
        return Redactor(secret.reveal() for secret in self.secrets.values())

    @cached_property
    def rendered(self) -> tuple[RenderedFile, ...]:
        """The app's files, rendered before any host is touched; raises TemplateError."""
        return app_files(self.inventory, self.secrets, self.templates)

    @cached_property
    def config_digest(self) -> str:
        """Names this configuration; the same code with another one is another release."""
        summed = hashlib.sha256(self.inventory.app.model_dump_json().encode())
        for file in self.rendered:
            summed.update(f"{file.path}\0{file.mode}\0".encode() + file.content + b"\0")
        return summed.hexdigest()

    @property
    def live_files(self) -> tuple[LiveFile, ...]:
        """The files outside the release that go live with it."""
        return live_files(self.rendered)

    def notice(self, text: str, level: str = "info", host: str = "") -> None:
        """Tell the person something."""
        self.emit(Noticed(self.redact(text), level, host))

    def on_all(self, sessions: Mapping[str, Session], work: Callable[[Session], object]) -> None:
        """Ask all hosts something side by side; raises the first host's error.

        For questions only: a host that is lost then has changed nothing, so it is just unreachable.
        """
        for result in self.fleet(sessions, work).values():
            if isinstance(result, ConnectionLost | HostTimeout):
                raise HostUnreachable(
                    f"{result.message} Nothing was changed.", host=result.host, hint=result.hint
                )
            if isinstance(result, DeployerError):
                raise result

    def fleet(
        self, sessions: Mapping[str, Session], work: Callable[[Session], Result]
    ) -> dict[str, Result | DeployerError]:
        """Do something on all hosts side by side; a host's error is its result."""
        return Fleet(sessions).each(sessions, work)
