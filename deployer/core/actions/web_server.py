"""Sites, tested and served."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TestSites:
    """`nginx -t` on a shadow tree: the live one with candidates (source, live path) in place."""

    __test__ = False  # as above
    candidates: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ReloadWebServer:
    """`nginx -t`, reload, and wait until workers with the new configuration serve."""

    timeout: float = 10.0
