"""How a release takes the place of another: beside it, or after it has stopped."""

from deployer.core.host_state import AppState
from deployer.core.step import Target


def is_beside(on: Target, state: AppState) -> bool:
    """Whether the old release serves until the new one is proven.

    Two that inherit the same sockets would both get users, so such a one is never started beside
    another, whatever the inventory says by now.
    """
    if not state.live_colour or is_ready(on, state):
        return True
    return on.app.runtime.beside and not inherits(on)


def is_ready(on: Target, state: AppState) -> bool:
    """Whether the release runs beside the live one and needs no start.

    One that inherits is warm only when another kind has closed its sockets: without a start they
    would stay closed, and the next release would find no users waiting in them.
    """
    return state.is_warm(on.release.id) and not inherits(on)


def inherits(on: Target) -> bool:
    """Whether the release gets its sockets from systemd; one says so by the units it carries."""
    return any(file.path in on.layout.socket_files for file in on.live_files)


def early_settle(on: Target, state: AppState) -> float:
    """Give how long a release must be well before it is switched to.

    Nobody is served meanwhile unless the old one still does, so else it settles afterwards.
    """
    is_early = is_beside(on, state) or not on.app.web_server.front
    return on.app.health.settle if is_early else 0.0


def late_settle(on: Target, state: AppState) -> float:
    """Give how long it must be well after the switch."""
    return on.app.health.settle - early_settle(on, state)
