"""Start the release on the idle colour, beside the one that serves or in its place."""

from collections.abc import Mapping

from deployer.core.action import Action
from deployer.core.actions.files import Install, Link, PutBack
from deployer.core.actions.releases import Mark
from deployer.core.actions.units import Pause, ReloadUnits, StartUnit, StopUnit
from deployer.core.fact import Fact, Facts
from deployer.core.host_facts import file_digests
from deployer.core.host_state import AppState, app_state
from deployer.core.restarting import inherits, is_beside, is_ready
from deployer.core.step import LiveFile, Notice, Phase, Scope, Target, Told, Work

_WAIT = Notice(
    "users wait from the stop of the old release until the new one is up, and get errors if it "
    "does not work (`runtime.restart` is `socket`)"
)
_LONGEST_STOP = 900.0
"""So long the call may take; the unit's own `TimeoutStopSec` ends the app long before."""
_MAY_HAVE_USERS = ("active", "deactivating")
_ERRORS = Notice(
    "users get errors from the stop of the old release until the new one is up", "warning"
)


class Restart:
    """Bring the new release up; if the old one still serves, nobody is sent to it yet."""

    name = "restart"
    phase = Phase.PUBLISH
    scope = Scope.EACH

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        return (app_state(), _live_units(on))

    def do(self, on: Target, facts: Facts) -> Work:
        state = facts[app_state()]
        colour = state.colour_for(on.release.id)
        unit = on.layout.unit(colour)
        changed = _changed_units(on, facts)
        clean = (_makes_room(on, state), Link(on.layout.colour(colour), on.folder))
        new = state.release(on.release.id) is None
        actions = (
            *((Mark(on.release.id, "live"),) if new else ()),
            *(() if is_ready(on, state) else clean),
            *(
                Install(f"{on.folder}/config/system{file.path}", file.path, file.mode)
                for file in changed
            ),
            *((ReloadUnits(on.app.name),) if changed else ()),
            *_makes_way(on, state),
            # A warm one runs already: this takes its time to stop away.
            StartUnit(unit, timeout=on.app.runtime.start_timeout),
        )
        if is_beside(on, state):
            return actions
        return Told(actions, (_WAIT if inherits(on) else _ERRORS,))

    def undo(self, on: Target, facts: Facts) -> tuple[Action, ...]:
        state = facts[app_state()]
        colour = state.colour_for(on.release.id)
        changed = _changed_units(on, facts)
        return (
            # Nothing is stopped that users are sent to.
            *((PutBack(on.layout.live_socket),) if _takes_over(on, state) else ()),
            _stops(on, state),
            *(map(StopUnit, on.layout.socket_units) if _takes_over(on, state) else ()),
            PutBack(on.layout.colour(colour)),
            *(PutBack(file.path) for file in changed),
            *((ReloadUnits(on.app.name),) if changed else ()),
            *_opens_again(on, state),
        )


def _opens_again(on: Target, state: AppState) -> tuple[Action, ...]:
    """Have sockets made anew that systemd keeps: a release that makes its own removes their files.

    With the idle colour's goes its folder, and if the old one had to stop, then its own too; the
    start of that one, which settles, opens both.
    """
    if not state.inherits or inherits(on):
        return ()
    if not is_beside(on, state):
        return tuple(map(StopUnit, on.layout.socket_units))
    idle = on.layout.socket_unit(state.colour_for(on.release.id))
    return (StopUnit(idle), StartUnit(idle))


def _makes_room(on: Target, state: AppState) -> StopUnit:
    """Stop what is on the idle colour; one that had users a moment ago ends their requests."""
    colour = state.colour_for(on.release.id)
    had_users = colour in state.colours and state.colours[colour].active in _MAY_HAVE_USERS
    unit = on.layout.unit(colour)
    return StopUnit(unit, _LONGEST_STOP) if had_users else StopUnit(unit, timeout=30.0, kill=True)


def _stops(on: Target, state: AppState) -> StopUnit:
    """Stop the release: at once, unless it may have had users."""
    unit = on.layout.unit(state.colour_for(on.release.id))
    drain = on.app.runtime.drain
    if is_ready(on, state):
        return StopUnit(unit, timeout=30.0, kill=not drain, after=drain)
    if inherits(on) and drain:
        return StopUnit(unit, timeout=drain)  # all others wait for it
    return StopUnit(unit, timeout=30.0, kill=True)


def _makes_way(on: Target, state: AppState) -> tuple[Action, ...]:
    if is_beside(on, state):
        return ()
    old = on.layout.unit(state.live_colour)
    return (
        *(_opens_socket(on, state) if _takes_over(on, state) else ()),
        Pause((old,), _LONGEST_STOP, held=inherits(on)),
    )


def _takes_over(on: Target, state: AppState) -> bool:
    """Whether the old release has made the socket in which users would have to wait."""
    return not is_beside(on, state) and inherits(on) and not state.inherits


def _opens_socket(on: Target, state: AppState) -> tuple[Action, ...]:
    """Send users to the new release's socket already: the old one removes its own as it stops."""
    colour = state.colour_for(on.release.id)
    return (
        *map(StopUnit, on.layout.socket_units),
        StartUnit(on.layout.socket_unit(colour)),
        Link(on.layout.live_socket, on.layout.socket(colour)),
    )


def _units(on: Target) -> tuple[LiveFile, ...]:
    return tuple(file for file in on.live_files if file.path.startswith("/etc/systemd/"))


def _live_units(on: Target) -> Fact[Mapping[str, str]]:
    return file_digests((file.path for file in _units(on)), key="units")


def _changed_units(on: Target, facts: Facts) -> tuple[LiveFile, ...]:
    live = facts[_live_units(on)]
    return tuple(file for file in _units(on) if live.get(file.path, "") != file.sha256)
