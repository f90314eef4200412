"""Small recipes beside the deploy: a backup or a prune by hand, maintenance."""

from deployer.core.step import Step
from deployer.steps.backup import Backup
from deployer.steps.copy_backup import CopyBackup
from deployer.steps.maintenance import Maintenance
from deployer.steps.prune import Prune
from deployer.steps.verify_backup import VerifyBackup


def backup(*, verify: bool = False) -> tuple[Step, ...]:
    """Back up what is live now, the database included; with `verify` read it once more."""
    again = (VerifyBackup(),) if verify else ()
    return (Backup(by_hand=True), *again, CopyBackup(by_hand=True))


def maintenance(page: bytes) -> tuple[Step, ...]:
    """Keep users out with this page; without one let them in again."""
    return (Maintenance(page),)


def prune() -> tuple[Step, ...]:
    """Remove old releases and backups now."""
    return (Prune(),)
