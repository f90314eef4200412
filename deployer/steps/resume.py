"""Start the app again, on the data that was restored."""

from deployer.core.actions.units import Resume as Start
from deployer.core.fact import Fact, Facts
from deployer.core.host_state import app_state
from deployer.core.step import Phase, Scope, Target, Work


class Resume:
    """Start the live unit; users are served again."""

    name = "resume"
    phase = Phase.PUBLISH
    scope = Scope.EACH

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        return (app_state(),)

    def do(self, on: Target, facts: Facts) -> Work:
        unit = on.layout.unit(facts[app_state()].live_colour)
        return (Start(unit, timeout=on.app.runtime.start_timeout),)

    def undo(self, on: Target, facts: Facts) -> tuple[()]:
        return ()
