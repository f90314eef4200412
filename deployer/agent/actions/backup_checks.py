"""What has to be true of the backups of this run before it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from deployer.agent.backups import backup_proof
from deployer.agent.backups.backup_folders import backups_of, read_backup
from deployer.agent.context import ActionFailed, Context
from deployer.agent.text import fields

_KINDS = {"DumpSqlite": "sqlite", "DumpPostgres": "postgres", "DumpMysql": "mysql"}


def require(ctx: Context, action: Mapping[str, object]) -> bool:
    """Refuse to go on without a verified backup of the database that this run has made."""
    waived = fields.text(action, "waived")
    if waived:
        ctx.line(f"warning: NO BACKUP of the database, the inventory says why: {waived}")
        return False
    wanted = action.get("database")
    database = wanted if isinstance(wanted, Mapping) else {}
    kind = _KINDS.get(fields.text(database, "kind"), "")
    if kind == "sqlite" and not ctx.path(fields.text(database, "path")).is_file():
        return False  # it does not exist yet: there is nothing to lose
    made = [one for one in _of_this_run(ctx, action) if kind and kind in _kinds_in(one)]
    if not made:
        raise ActionFailed(
            "nothing is migrated: this run has made no verified backup of the database",
            "Run the deploy again; `inv backups` shows what is there.",
        )
    wrong = backup_proof.missing(made[-1])
    if wrong:
        raise ActionFailed(f"nothing is migrated: the backup `{made[-1].name}`: {wrong[0]}")
    return False


def verify(ctx: Context, action: Mapping[str, object]) -> bool:
    """Read the backups of this run again from the disk; fails if one is not whole."""
    made = _of_this_run(ctx, action)
    for one in made:
        wrong = backup_proof.problems(ctx, one)
        if wrong:
            raise ActionFailed(f"the backup `{one.name}` is damaged: {wrong[0]}", log=wrong)
    ctx.note = f"{', '.join(one.name for one in made)}, read again" if made else "nothing to read"
    return False


def _of_this_run(ctx: Context, action: Mapping[str, object]) -> list[Path]:
    folder = ctx.path(fields.text(action, "folder"))
    return [one for one in backups_of(folder, ctx.app) if read_backup(one).get("run") == ctx.run]


def _kinds_in(backup: Path) -> tuple[str, ...]:
    found = fields.objects(read_backup(backup), "databases")
    return tuple(fields.text(one, "kind") for one in found)
