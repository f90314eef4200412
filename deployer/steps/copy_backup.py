"""Copy backups to another machine: the same disk is no place for the only copy."""

from typing import assert_never

from deployer.core.actions.backups import CopyBackups, CopyByCommand, CopyByRsync
from deployer.core.backup_policy import CopyCommand, CopyRsync
from deployer.core.fact import Fact, Facts
from deployer.core.step import Phase, Scope, Skip, Target, Work


class CopyBackup:
    """Copy what has no copy yet; a failure warns in a deploy, and fails a backup by hand."""

    name = "copy_backup"
    scope = Scope.EACH

    def __init__(self, *, by_hand: bool = False) -> None:
        self._by_hand = by_hand

    @property
    def phase(self) -> Phase:
        return Phase.BUILD if self._by_hand else Phase.FINISH

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        return ()

    def do(self, on: Target, facts: Facts) -> Work:
        chosen = on.inventory.backup.off_host
        if chosen is None:
            return Skip("`backup.copy` is not set: backups are on this disk only")
        return (CopyBackups(on.layout.backups, _way(chosen), chosen.timeout),)

    def undo(self, on: Target, facts: Facts) -> tuple[()]:
        return ()


def _way(chosen: CopyCommand | CopyRsync) -> CopyByCommand | CopyByRsync:
    match chosen:
        case CopyCommand():
            return CopyByCommand(chosen.words)
        case CopyRsync():
            return CopyByRsync(chosen.target, chosen.port, chosen.identity, chosen.host_keys)
        case _:
            assert_never(chosen)
