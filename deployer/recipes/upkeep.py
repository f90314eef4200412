"""Small recipes beside the deploy: a backup by hand, a prune by hand."""

from deployer.core.step import Step
from deployer.steps.backup import Backup
from deployer.steps.prune import Prune


def backup() -> tuple[Step, ...]:
    """Back up what is live now, the database included."""
    return (Backup(by_hand=True),)


def prune() -> tuple[Step, ...]:
    """Remove old releases and backups now."""
    return (Prune(),)
