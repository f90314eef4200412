"""After the switch: the release answers where users knock."""

from deployer.core.fact import Fact, Facts
from deployer.core.health import judge
from deployer.core.host_state import app_state
from deployer.core.restarting import late_settle
from deployer.core.step import Phase, Scope, Skip, Target, Work


class CheckFront:
    """Ask through the web server, as a user would, until the new release answers."""

    name = "check_front"
    phase = Phase.VERIFY
    scope = Scope.EACH

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        return (app_state(),)

    def do(self, on: Target, facts: Facts) -> Work:
        if not on.app.web_server.front:
            return Skip("no web server in front")
        state = facts[app_state()]
        colour, settle = state.colour_for(on.release.id), late_settle(on, state)
        return (judge(on.app, on.release.id, colour, settle=settle, through_front=True),)

    def undo(self, on: Target, facts: Facts) -> tuple[()]:
        return ()
