"""Between two batches: the hosts that have switched must stay well with users on them."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from deployer.core.action import Action
from deployer.core.fact import Fact, Facts
from deployer.core.health import judge
from deployer.core.host_state import app_state
from deployer.core.step import Phase, Scope, Target, Work

Proof = Callable[[Target, Facts], tuple[Action, ...]]
"""What else has to be so in the end, such as that no process has died meanwhile."""


class Watch:
    """Ask the new release, as users reach it, until it was healthy for the rollout's time."""

    name = "watch"
    phase = Phase.VERIFY
    scope = Scope.EACH

    def __init__(self, proofs: Iterable[Proof] = ()) -> None:
        self._proofs = tuple(proofs)

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        return (app_state(),)

    def do(self, on: Target, facts: Facts) -> Work:
        settle = on.inventory.rollout.settle
        colour = facts[app_state()].colour_for(on.release.id)
        through_front = bool(on.app.web_server.front)
        check = judge(on.app, on.release.id, colour, settle=settle, through_front=through_front)
        also = (action for proof in self._proofs for action in proof(on, facts))
        return (replace(check, steady=False), *also)

    def undo(self, on: Target, facts: Facts) -> tuple[()]:
        return ()
