"""A rollback: a plan of its own towards a release that was proven good, not a replay of undo."""

from deployer.core.step import Step
from deployer.steps.activate import Activate
from deployer.steps.check_front import CheckFront
from deployer.steps.check_health import CheckHealth
from deployer.steps.preflight import Preflight
from deployer.steps.restart import Restart
from deployer.steps.retire import Retire


def rollback() -> tuple[Step, ...]:
    """Start the older release (or find it warm), prove it, switch, retire the bad one."""
    return (
        Preflight(builds=False),
        Restart(),
        CheckHealth(),
        Activate(),
        CheckFront(),
        Retire(mark_bad=True),
    )
