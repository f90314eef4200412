"""Ask the release that is live whether it is well with its data."""

from deployer.core.fact import Fact, Facts
from deployer.core.health import judge
from deployer.core.host_state import app_state
from deployer.core.step import Phase, Scope, Target, Work


class CheckLive:
    """The health-check loop on the live release; no release was changed."""

    name = "check_health"
    phase = Phase.VERIFY
    scope = Scope.EACH

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        return (app_state(),)

    def do(self, on: Target, facts: Facts) -> Work:
        state = facts[app_state()]
        return (judge(on.app, state.live, state.live_colour, settle=on.app.health.settle),)

    def undo(self, on: Target, facts: Facts) -> tuple[()]:
        return ()
