"""Sites, tested and served."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TestSites:
    """`nginx -t` on a shadow tree: the live one with candidates (source, live path) in place."""

    __test__ = False  # as above
    candidates: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class CheckMaintenance:
    """Ask as a stranger at `front` whether users are kept out (503), or let in again."""

    host: str
    front: str
    is_on: bool
    timeout: float = 5.0


@dataclass(frozen=True, slots=True)
class ReloadWebServer:
    """`nginx -t`, reload, and wait until workers with the new configuration serve.

    With `closing` this file is there for a `window` of seconds before: by it a balancer's site asks
    clients to come back on new connections, because a reload closes those that are idle. Other
    apps that this host is a balancer of have it there too: a reload is one of all sites.
    """

    timeout: float = 10.0
    closing: str = ""
    window: float = 1.0


@dataclass(frozen=True, slots=True)
class Balance:
    """Have a balancer leave out just these hosts (host, reason); written by rename, reloaded.

    With `source` the file is written anew from there. Requests that are in flight get `drain`
    seconds: so long it waits for the workers from before the reload.
    """

    path: str
    down: tuple[tuple[str, str], ...] = ()
    source: str = ""
    drain: float = 0.0
    timeout: float = 10.0
    closing: str = ""
    window: float = 1.0
