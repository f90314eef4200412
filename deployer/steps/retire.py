"""Let the old release finish its requests, stay warm for a while, and stop."""

from deployer.core.action import Action
from deployer.core.actions.releases import Mark
from deployer.core.actions.units import StopUnit
from deployer.core.fact import Fact, Facts
from deployer.core.host_state import app_state
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
        mark: tuple[Action, ...] = (Mark(state.live, "rolled-back"),) if self._mark_bad else ()
        warm = 0.0 if self._mark_bad else on.app.runtime.keep_warm
        wait = max(on.app.runtime.drain, warm)
        return (*mark, StopUnit(on.layout.unit(state.live_colour), after=wait))

    def undo(self, on: Target, facts: Facts) -> tuple[()]:
        return ()
