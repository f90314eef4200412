"""A restore: beside first, then a short stop of the app, and a swap by rename."""

from deployer.core.restoring import Choice
from deployer.core.step import Step
from deployer.steps.backup import Backup
from deployer.steps.check_backup import CheckBackup
from deployer.steps.check_live import CheckLive
from deployer.steps.pause import Pause
from deployer.steps.preflight import Preflight
from deployer.steps.rehearse_restore import RehearseRestore
from deployer.steps.restore_beside import RestoreBeside
from deployer.steps.resume import Resume
from deployer.steps.resume_processes import ResumeProcesses
from deployer.steps.stop_processes import StopProcesses
from deployer.steps.swap_restored import SwapRestored


def restore(choice: Choice, *, processes: bool = False) -> tuple[Step, ...]:
    """Prove the backup, save the present state, restore beside, stop, swap, start, check.

    With `processes` there are some: they stop first, because a job may take its time to end.
    """
    return (
        Preflight(builds=False),
        CheckBackup(choice),
        Backup(by_hand=True, with_shared=choice.shared),
        RestoreBeside(choice),
        *((StopProcesses(everything=True),) if processes else ()),
        Pause(),
        SwapRestored(choice),
        Resume(),
        CheckLive(),
        *((ResumeProcesses(),) if processes else ()),
    )


def restore_test(choice: Choice) -> tuple[Step, ...]:
    """Restore into a scratch place; leaves nothing behind but a line in the backup's record."""
    return (RehearseRestore(choice),)
