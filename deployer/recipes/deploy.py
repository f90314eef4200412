"""A deploy, in the documented order of deploy.sh."""

from deployer.core.step import Step
from deployer.steps.activate import Activate
from deployer.steps.backup import Backup
from deployer.steps.backup_database import BackupDatabase
from deployer.steps.check import Check
from deployer.steps.check_front import CheckFront
from deployer.steps.check_health import CheckHealth
from deployer.steps.collect_static import CollectStatic
from deployer.steps.configure import Configure
from deployer.steps.copy_backup import CopyBackup
from deployer.steps.install import Install
from deployer.steps.migrate import Migrate
from deployer.steps.preflight import Preflight
from deployer.steps.prune import Prune
from deployer.steps.pull import Pull
from deployer.steps.restart import Restart
from deployer.steps.retire import Retire
from deployer.steps.run_processes import RunProcesses
from deployer.steps.stop_processes import StopProcesses


def deploy(*, processes: bool = False, stops_first: bool = False) -> tuple[Step, ...]:
    """Back up, pull, install, migrate, collect static, restart, health-check, prune.

    With `processes` the app has some, or had; with `stops_first` some stop before the migration.
    """
    return (
        Preflight(),
        Backup(),
        Pull(),
        Install(),
        Configure(),
        Check(),
        *((StopProcesses(),) if stops_first else ()),
        BackupDatabase(),
        Migrate(),
        CollectStatic(),
        Restart(),
        CheckHealth(),
        Activate(),
        CheckFront(),
        *((RunProcesses(),) if processes else ()),
        Retire(),
        CopyBackup(),
        Prune(),
    )
