"""Remove old releases and backups, never one that may be needed."""

from deployer.core.actions.releases import Prune as RemoveOld
from deployer.core.fact import Fact, Facts
from deployer.core.step import Phase, Scope, Target, Work


class Prune:
    """Keep the newest good releases and recent backups; a failure here is a warning."""

    name = "prune"
    phase = Phase.FINISH
    scope = Scope.EACH

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        return ()

    def do(self, on: Target, facts: Facts) -> Work:
        retention = on.inventory.retention
        return (
            RemoveOld(
                app=on.app.name,
                keep_releases=retention.releases,
                backups_folder=on.layout.backups,
                backup_days=float(retention.backups.days),
                backups_at_least=retention.backups.at_least,
            ),
        )

    def undo(self, on: Target, facts: Facts) -> tuple[()]:
        return ()
