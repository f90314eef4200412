"""Between two batches: the hosts that have switched must stay well with users on them."""

from dataclasses import replace

from deployer.core.fact import Fact, Facts
from deployer.core.health import judge
from deployer.core.host_state import app_state
from deployer.core.step import Phase, Scope, Target, Work


class Watch:
    """Ask the new release, as users reach it, until it was healthy for the rollout's time."""

    name = "watch"
    phase = Phase.VERIFY
    scope = Scope.EACH

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        return (app_state(),)

    def do(self, on: Target, facts: Facts) -> Work:
        settle = on.inventory.rollout.settle
        colour = facts[app_state()].colour_for(on.release.id)
        through_front = bool(on.app.web_server.front)
        check = judge(on.app, on.release.id, colour, settle=settle, through_front=through_front)
        return (replace(check, steady=False),)

    def undo(self, on: Target, facts: Facts) -> tuple[()]:
        return ()
