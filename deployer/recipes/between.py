"""What is done between two batches of a rollout."""

from collections.abc import Sequence

from deployer.core.rollout import Rollout
from deployer.core.step import Step
from deployer.steps.run_processes import RunProcesses
from deployer.steps.watch import Watch


def between(rollout: Rollout, steps: Sequence[Step]) -> tuple[Step, ...]:
    """Watch the hosts that have switched by these steps, if the rollout gives time for that."""
    proofs = tuple(step.proof for step in steps if isinstance(step, RunProcesses))
    return (Watch(proofs),) if rollout.settle else ()
