"""What is done between two batches of a rollout."""

from deployer.core.rollout import Rollout
from deployer.core.step import Step
from deployer.steps.watch import Watch


def between(rollout: Rollout) -> tuple[Step, ...]:
    """Watch the hosts that have switched, if the rollout gives time for that."""
    return (Watch(),) if rollout.settle else ()
