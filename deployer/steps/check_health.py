"""The health-check loop on the new release, before anybody is sent to it."""

from deployer.core.actions.health import CheckHealth as Judge
from deployer.core.fact import Fact, Facts
from deployer.core.health import judge
from deployer.core.host_state import app_state
from deployer.core.restarting import early_settle
from deployer.core.step import Phase, Scope, Target, Work


class CheckHealth:
    """Prove on its own socket that the right release answers well, for the settle time."""

    name = "check_health"
    phase = Phase.VERIFY
    scope = Scope.EACH

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        return (app_state(),)

    def do(self, on: Target, facts: Facts) -> Work:
        return (self._judge(on, facts),)

    def undo(self, on: Target, facts: Facts) -> tuple[()]:
        return ()

    def _judge(self, on: Target, facts: Facts) -> Judge:
        state = facts[app_state()]
        colour = state.colour_for(on.release.id)
        return judge(on.app, on.release.id, colour, settle=early_settle(on, state))
