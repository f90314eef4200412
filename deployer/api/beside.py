"""Who takes part in a run beside the hosts of the app: balancers of ours, hooks, or nobody."""

import threading
from collections.abc import Callable

from deployer.api.balancer_plan import balancer_part
from deployer.api.environment import Environment
from deployer.api.hooks import hooking, hooks_of
from deployer.core.around import Around, Nothing
from deployer.core.plan import Plan
from deployer.engine.balancing import Balancing
from deployer.engine.resolving import Patience

Join = Callable[[threading.Event, Patience], Around]


def beside(at: Environment, plan: Plan) -> Join:
    """Ask what has to be known before a run; gives how it is joined."""
    part = balancer_part(at, plan)
    if part is not None:
        return lambda stop, patience: Balancing(part, at.balancing, at.emit, stop, patience)
    hooks = hooks_of(at) if plan.release is not None else None
    if hooks is not None:
        return lambda stop, _patience: hooking(at, hooks, stop)
    return lambda _stop, _patience: Nothing()
