"""Let the old release finish its requests, stay warm for a while, and stop."""

from deployer.core.action import Action
from deployer.core.actions.files import Unlink
from deployer.core.actions.releases import Mark
from deployer.core.actions.units import ReloadUnits, StopUnit
from deployer.core.fact import Fact, Facts
from deployer.core.host_state import app_state
from deployer.core.restarting import inherits, is_beside
from deployer.core.step import Phase, Scope, Skip, Target, Work


class Retire:
    """Stop the old colour later; on a rollback, also mark its release as bad."""

    name = "retire"
    phase = Phase.FINISH
    scope = Scope.EACH

    def __init__(self, *, mark_bad: bool = False) -> None:
        self._mark_bad = mark_bad

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        return (app_state(),)

    def do(self, on: Target, facts: Facts) -> Work:
        state = facts[app_state()]
        if not state.live_colour or state.live == on.release.id:
            return Skip("no release to retire")
        work = (
            *((Mark(state.live, "rolled-back"),) if self._mark_bad else ()),
            *(self._stops(on, state.live_colour) if is_beside(on, state) else ()),
            *(_closes(on) if state.inherits and not inherits(on) else ()),
        )
        return work or Skip("the old release has stopped before the new one was started")

    def undo(self, on: Target, facts: Facts) -> tuple[()]:
        return ()

    def _stops(self, on: Target, colour: str) -> tuple[Action, ...]:
        runtime = on.app.runtime
        warm = 0.0 if self._mark_bad else runtime.keep_warm
        return (StopUnit(on.layout.unit(colour), after=max(runtime.drain, warm)),)


def _closes(on: Target) -> tuple[Action, ...]:
    """Close the sockets that systemd kept; a release that still runs has them too, and keeps on."""
    return (
        *map(StopUnit, on.layout.socket_units),
        *map(Unlink, on.layout.socket_files),
        ReloadUnits(on.app.name),
    )
