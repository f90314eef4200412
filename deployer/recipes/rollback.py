"""A rollback: a plan of its own towards a release that was proven good, not a replay of undo."""

from deployer.core.step import Step
from deployer.steps.activate import Activate
from deployer.steps.ask_schema import AskSchema
from deployer.steps.check_front import CheckFront
from deployer.steps.check_health import CheckHealth
from deployer.steps.fit_schema import FitSchema
from deployer.steps.preflight import Preflight
from deployer.steps.restart import Restart
from deployer.steps.retire import Retire
from deployer.steps.run_processes import RunProcesses


def rollback(*, mark_bad: bool = True, processes: bool = False) -> tuple[Step, ...]:
    """See that the older release fits the schema, start it (or find it warm), prove it, switch.

    Without `mark_bad` what is left is as good as it was: the fleet has only decided otherwise.
    """
    return (
        Preflight(builds=False),
        AskSchema(),
        FitSchema(),
        Restart(),
        CheckHealth(),
        Activate(),
        CheckFront(),
        *((RunProcesses(recorded=True),) if processes else ()),
        Retire(mark_bad=mark_bad),
    )
