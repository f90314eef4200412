"""Prove a backup by restoring it into a scratch place, and write down that it was done."""

from __future__ import annotations

import time
from pathlib import Path

from deployer.agent.actions.restoring import database_of, shared_of
from deployer.agent.backups.backup_folders import read_backup
from deployer.agent.backups.backup_record import RECORD, sealed
from deployer.agent.context import Context, Fields
from deployer.agent.disk.files import write_atomic
from deployer.agent.restores import restoration
from deployer.agent.restores.restored import compare


def rehearse_restore(ctx: Context, action: Fields) -> bool:
    """Restore, compare, remove, record."""
    began = time.time()
    wish = restoration.read(ctx, action, all_of_it=False)
    ctx.action(f"restore {wish.backup.name} into a scratch place")
    restoration.check_whole(ctx, wish)
    notes: list[str] = []
    database, shared = database_of(ctx, wish), shared_of(ctx, wish)
    if database:
        notes.append(compare(database.rehearse(), wish.database))
    if shared:
        notes.append(shared.rehearse())
    if not notes:
        ctx.note = f"{wish.backup.name} is whole; it holds neither a database nor shared files"
        return False
    seconds = round(time.time() - began, 1)
    _record(wish.backup, {"time": began, "seconds": seconds, "found": notes})
    ctx.note = f"{wish.backup.name} was restored and compared: {'; '.join(notes)}"
    return True


def _record(backup: Path, tested: dict[str, object]) -> None:
    record = {**read_backup(backup), "restore_tested": tested}
    write_atomic(backup / RECORD, sealed(record), 0o600)
