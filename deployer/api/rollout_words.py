"""How a release will go about the hosts, in words for `inv plan`."""

from collections.abc import Iterator

from deployer.api.environment import Environment
from deployer.core.plan import Plan

_BACK = {
    "fleet": "all hosts go back",
    "batch": "the batches of those that failed go back",
    "host": "those that failed go back",
}


def rollout_words(at: Environment, plan: Plan) -> tuple[str, ...]:
    """Give a line for each thing that the inventory says about it; none for a single host."""
    if plan.release is None or len(plan.targets) == 1:
        return ()
    return (*_balanced(at, plan), *_between(plan), _failure(plan))


def _balanced(at: Environment, plan: Plan) -> Iterator[str]:
    balancer = at.inventory.balancer
    web = {host.name for host in at.inventory.web_hosts}
    if balancer is None or len(web) == 1 or not any(one.host.name in web for one in plan.targets):
        return
    who = ", ".join(host.name for host in at.inventory.balancer_hosts) or "the hook of `balancer`"
    yield (
        f"{who} leaves each batch out while it switches; what was begun there gets "
        f"{balancer.drain:g} s to end"
    )


def _between(plan: Plan) -> Iterator[str]:
    if len(plan.batches) > 1 and plan.rollout.settle:
        settle = f"{plan.rollout.settle:g} s"
        yield f"between batches all that have switched must stay healthy for {settle}"
    if len(plan.batches) > 1 and plan.rollout.pause:
        yield f"then {plan.rollout.pause:g} s pass until the next batch begins"


def _failure(plan: Plan) -> str:
    most = plan.rollout.max_failed
    borne = f"up to {most} may fail and go back alone; if more do" if most else "if one fails"
    return f"{borne}, {_BACK[plan.rollout.on_failure]}"
