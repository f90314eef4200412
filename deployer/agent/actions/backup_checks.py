"""What has to be true of the backups of this run before it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from deployer.agent.backups import backup_proof, dumps
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
    made = made_of(ctx, fields.text(action, "folder"), database) if kind else ()
    if not made:
        raise ActionFailed(
            "nothing is migrated: this run has made no verified backup of the database",
            "Run the deploy again; `inv backups` shows what is there.",
        )
    wrong = backup_proof.missing(made[-1])
    if wrong:
        raise ActionFailed(f"nothing is migrated: the backup `{made[-1].name}`: {wrong[0]}")
    return False


def made_of(ctx: Context, folder: str, database: Mapping[str, object]) -> tuple[Path, ...]:
    """Give the backups that this run has made of this very database, the oldest first."""
    kind = _KINDS.get(fields.text(database, "kind"), "")
    wanted = (kind, dumps.place(ctx, database))
    return tuple(one for one in _of_this_run(ctx, folder) if wanted in _databases_in(one))


def verify(ctx: Context, action: Mapping[str, object]) -> bool:
    """Read the backups of this run again from the disk; fails if one is not whole."""
    made = _of_this_run(ctx, fields.text(action, "folder"))
    for one in made:
        wrong = backup_proof.problems(ctx, one)
        if wrong:
            raise ActionFailed(f"the backup `{one.name}` is damaged: {wrong[0]}", log=wrong)
    ctx.note = f"{', '.join(one.name for one in made)}, read again" if made else "nothing to read"
    return False


def _of_this_run(ctx: Context, folder: str) -> list[Path]:
    found = backups_of(ctx.path(folder), ctx.app)
    return [one for one in found if read_backup(one).get("run") == ctx.run]


def _databases_in(backup: Path) -> tuple[tuple[str, str], ...]:
    found = fields.objects(read_backup(backup), "databases")
    return tuple((fields.text(one, "kind"), fields.text(one, "place")) for one in found)
