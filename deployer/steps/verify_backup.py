"""Read a backup that was just made by hand once more from the disk."""

from deployer.core.actions.backups import VerifyBackups
from deployer.core.fact import Fact, Facts
from deployer.core.step import Phase, Scope, Target, Work


class VerifyBackup:
    """Prove the new backup again, after it got its name."""

    name = "verify_backup"
    phase = Phase.PREPARE
    scope = Scope.EACH

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        return ()

    def do(self, on: Target, facts: Facts) -> Work:
        return (VerifyBackups(on.layout.backups),)

    def undo(self, on: Target, facts: Facts) -> tuple[()]:
        return ()
