"""Prove a backup by restoring it into a scratch place."""

from deployer.core.actions.restoring import RehearseRestore as Rehearse
from deployer.core.fact import Fact, Facts
from deployer.core.host_state import app_state
from deployer.core.restoring import Choice, restoration
from deployer.core.step import Phase, Scope, Skip, Target, Work


class RehearseRestore:
    """Restore, compare, remove: nothing live is touched."""

    name = "restore_test"
    phase = Phase.BUILD
    scope = Scope.EACH

    def __init__(self, choice: Choice) -> None:
        self._choice = choice

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        return (app_state(),)

    def do(self, on: Target, facts: Facts) -> Work:
        state = facts[app_state()]
        if not state.live:
            return Skip("nothing is live, so nobody knows the database")
        return (Rehearse(restoration(on, state, self._choice)),)

    def undo(self, on: Target, facts: Facts) -> tuple[()]:
        return ()
