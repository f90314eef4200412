"""Releases and where everything of an app lives on a host, each path once."""

import re
from dataclasses import dataclass
from enum import StrEnum

COLOURS = ("blue", "green")


class ReleaseState(StrEnum):
    """A release earns `good` by health and a settle time; only good ones are rolled back to."""

    BUILDING = "building"
    STAGED = "staged"
    LIVE = "live"
    GOOD = "good"
    FAILED = "failed"
    ROLLED_BACK = "rolled-back"


@dataclass(frozen=True, slots=True)
class Release:
    """One build of one revision; the number comes from a counter, never from a clock."""

    number: int
    revision: str

    @property
    def id(self) -> str:
        """The name of its folder, such as `000042-1a2b3c4`."""
        return f"{self.number:06d}-{self.revision[:7]}"


def is_release_id(text: str) -> bool:
    """Tell whether a text has the form of a release id."""
    return re.fullmatch(r"\d{6}-[0-9a-f]{7,12}", text) is not None


@dataclass(frozen=True, slots=True)
class Layout:
    """Every path of an app on a host."""

    app: str
    backups: str = "/opt/backups"

    @property
    def root(self) -> str:
        """The folder that holds all of the app."""
        return f"/srv/{self.app}"

    @property
    def releases(self) -> str:
        """The folder of all releases."""
        return f"{self.root}/releases"

    @property
    def shared(self) -> str:
        """What outlives releases: uploads, an SQLite file. The only place the app may write."""
        return f"{self.root}/shared"

    @property
    def state(self) -> str:
        """The folder of the journal, the lock and the counters."""
        return f"/var/lib/deployer/{self.app}"

    @property
    def repository(self) -> str:
        """The bare mirror that releases are exported from."""
        return f"{self.root}/repo.git"

    @property
    def current(self) -> str:
        """A link to the live release for people and cron; nothing that serves depends on it."""
        return f"{self.root}/current"

    @property
    def live(self) -> str:
        """A link to the live release, for its static files."""
        return f"{self.root}/run/live"

    @property
    def previous(self) -> str:
        """A link to the release before, whose static files stay served."""
        return f"{self.root}/run/previous"

    @property
    def processes(self) -> str:
        """A link to the release whose processes and timers run."""
        return f"{self.root}/run/processes"

    @property
    def live_socket(self) -> str:
        """The link that the web server connects to; renaming it is the switch."""
        return f"{self.root}/run/live.sock"

    @property
    def maintenance(self) -> str:
        """The page that the web server shows to everybody as long as it is there."""
        return f"{self.root}/run/maintenance.html"

    @property
    def closing(self) -> str:
        """As long as it is there a balancer lets no client keep its connection."""
        return f"{self.root}/run/closing"

    def candidate(self, path: str) -> str:
        """Give where a file of a balancer waits until it is tested, by its live path."""
        return f"{self.root}/run/balancer{path}"

    def release(self, release: str) -> str:
        """Give the folder of a release."""
        return f"{self.releases}/{release}"

    def venv(self, key: str) -> str:
        """Give the folder of a virtual environment, by the key of its interpreter and lock."""
        return f"{self.root}/venvs/{key}"

    def wheelhouse(self, key: str) -> str:
        """Give the folder of the wheels for a lock."""
        return f"{self.root}/wheelhouse/{key}"

    def colour(self, colour: str) -> str:
        """Give the link to the release that a colour runs."""
        return f"{self.root}/run/{colour}"

    def socket(self, colour: str) -> str:
        """Give the unix socket of a colour."""
        return f"/run/{self.app}-{colour}/app.sock"

    def unit(self, colour: str) -> str:
        """Give the systemd unit of a colour."""
        return f"{self.app}@{colour}.service"

    def socket_unit(self, colour: str) -> str:
        """Give the unit of a colour's socket, if systemd keeps it open."""
        return f"{self.app}@{colour}.socket"

    @property
    def socket_units(self) -> tuple[str, ...]:
        """The units of both sockets, if systemd keeps them open."""
        return tuple(self.socket_unit(colour) for colour in COLOURS)

    @property
    def socket_files(self) -> tuple[str, str]:
        """The files of those units: the sockets, and what keeps them from starting anything."""
        units = "/etc/systemd/system"
        return (f"{units}/{self.app}@.socket", f"{units}/deployer-{self.app}-socket@.service")


def upstream_path(app: str) -> str:
    """Give the file by which a balancer knows its web hosts, and which of them are left out."""
    return f"/etc/nginx/snippets/{app}-hosts.conf"


def other(colour: str) -> str:
    """Give the colour that is not this one; with no live colour, the first."""
    return COLOURS[1] if colour == COLOURS[0] else COLOURS[0]
