"""What templates may see: plain values under the names that the fields have here.

The text below each field is what the reference for authors of templates says about it.
"""

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from deployer.core.release import Layout
from deployer.rendering.tls_values import TlsValues

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deployer.rendering.balancer_values import BalancerValues

_PREFIX = re.compile(r"/(?:[^/]+/)+")
_ASGI = ("uvicornworker", "uvicornh11worker", "asgi", "asgiworker")


@dataclass(frozen=True, slots=True)
class UnitValues:
    """The limits of the app's units."""

    memory_max: str = ""
    """The most memory of one instance as systemd writes it, such as `512M`; "" for no limit."""

    tasks_max: int = 0
    """The most processes and threads of one instance; 0 for systemd's own limit."""

    start_timeout: int = 60
    """Seconds that a start may take."""

    stop_timeout: int = 45
    """Seconds that a stop may take; more than `gunicorn.graceful_timeout`."""

    inherits: bool = False
    """Whether the instances get their sockets from systemd, which keeps them open."""

    loosen: tuple[str, ...] = ()
    """The protections to leave out, such as `MemoryDenyWriteExecute`."""


@dataclass(frozen=True, slots=True)
class GunicornValues:
    """The settings of gunicorn."""

    module: str
    """The app, such as `shop.wsgi:application`."""

    workers: int = 2
    """Processes."""

    threads: int = 4
    """Threads of each process, for workers of the class `gthread`."""

    worker_class: str = "gthread"
    """The kind of worker: `gthread`, `sync`, `gevent`, `asgi`, or a class by its dotted name."""

    timeout: int = 30
    """Seconds after which a silent worker is replaced."""

    graceful_timeout: int = 30
    """Seconds that running requests may take to end at a stop."""

    keepalive: int = 5
    """Seconds that an idle connection is kept."""

    max_requests: int = 0
    """Requests after which a worker is renewed; 0 for never."""

    @property
    def asgi(self) -> bool:
        """Whether the worker calls the app as ASGI instead of WSGI."""
        return self.worker_class.lower().rpartition(".")[2].endswith(_ASGI)


@dataclass(frozen=True, slots=True)
class SiteValues:
    """The app's site in the web server."""

    server_names: tuple[str, ...]
    """The names under which the site is served."""

    port: int = 80
    """The port for plain HTTP."""

    tls: TlsValues | None = None
    """How HTTPS is served; None for plain HTTP only."""

    client_max_body_size: str = "20m"
    """The largest upload, as nginx writes it."""

    static_url: str = ""
    """Where the release's `static` folder is served, such as `/static/`; "" for nowhere."""

    media_url: str = ""
    """Where the shared folder `media` is served; "" for nowhere."""

    read_timeout: int = 60
    """Seconds that the app may take to answer; more than `gunicorn.timeout`."""

    health_path: str = ""
    """The path that stays reachable during maintenance; "" for none."""

    retry_after: int = 300
    """Seconds after which clients may ask again, told by the maintenance page."""

    balancers: tuple[str, ...] = ()
    """The addresses of the balancers, which say who their users are; () for no balancer."""

    ipv6: bool = True
    """Whether to listen on IPv6 too."""

    def __post_init__(self) -> None:
        # nginx serves files beside the folder when a prefix has no slash at its end.
        for prefix in (self.static_url, self.media_url):
            if prefix and not _PREFIX.fullmatch(prefix):
                raise ValueError("a URL prefix must start and end with `/` and not be `/` alone")
        if not self.server_names:
            raise ValueError("a site needs a name")


@dataclass(frozen=True, slots=True)
class ProcessValues:
    """A process of the app, or the program of a timer."""

    name: str
    """What the inventory calls it."""

    command: tuple[str, ...]
    """The program and its words."""

    stop_signal: str = "TERM"
    """The signal that asks it to end."""

    stop_timeout: int = 30
    """Seconds that it may take to end."""


@dataclass(frozen=True, slots=True)
class TimerValues:
    """A timer of the app."""

    name: str
    """What the inventory calls it."""

    command: tuple[str, ...]
    """The program and its words."""

    schedule: str
    """When it fires, as `OnCalendar=` takes it."""

    persistent: bool = False
    """Whether a run that was missed is made up for at boot."""

    random_delay: int = 0
    """Seconds by which a run may be put off."""

    timeout: int = 3600
    """Seconds that a run may take."""


@dataclass(frozen=True, slots=True)
class AppValues:
    """All that the templates of an app may see."""

    app: str
    """The app's name; also its user, its group and the start of its units' names."""

    layout: Layout
    """Where everything of the app is on a host, such as `layout.shared`."""

    gunicorn: GunicornValues
    """The settings of gunicorn."""

    unit: UnitValues = UnitValues()
    """The limits of the app's units."""

    site: SiteValues | None = None
    """The app's site; None for no site."""

    processes: tuple[ProcessValues, ...] = ()
    """The app's processes."""

    timers: tuple[TimerValues, ...] = ()
    """The app's timers."""

    env: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """The app's environment as pairs of name and value, secrets too (for `env/` only)."""


@dataclass(frozen=True, slots=True)
class BaseValues:
    """All that the templates of a host may see."""

    user: str
    """The user that deploys; it may start the agent as root."""

    port: int = 80
    """The port on which the catch-all site closes requests for unknown names."""

    tls: bool = False
    """Whether the catch-all site also refuses HTTPS for unknown names."""

    ipv6: bool = True
    """Whether to listen on IPv6 too."""


@dataclass(frozen=True, slots=True)
class PageValues:
    """All that the template of a page may see."""

    app: str
    """The app's name."""

    message: str
    """What the person says who turns maintenance on."""


def names_of(
    values: "AppValues | BaseValues | PageValues | BalancerValues",
) -> "Mapping[str, object]":
    """Give the values under their names."""
    return MappingProxyType({name: getattr(values, name) for name in values.__slots__})
