"""Stop the app on every host for the moment of the swap, so that nothing is written meanwhile."""

from deployer.core.actions.units import Pause as Stop
from deployer.core.fact import Fact, Facts
from deployer.core.restoring import units
from deployer.core.step import Phase, Scope, Target, Work


class Pause:
    """From here until `resume` users get errors; nothing slow happens in between."""

    name = "pause"
    phase = Phase.PUBLISH
    scope = Scope.EACH

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        return ()

    def do(self, on: Target, facts: Facts) -> Work:
        return (Stop(units(on)),)

    def undo(self, on: Target, facts: Facts) -> tuple[()]:
        return ()  # what settles afterwards starts the live unit
