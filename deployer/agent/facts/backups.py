"""The backups that are here, and whether they are whole."""

from __future__ import annotations

import time
from pathlib import Path

from deployer.agent.backups import backup_proof
from deployer.agent.backups.backup_folders import backups_of, read_backup
from deployer.agent.context import ActionFailed, Context, Fields
from deployer.agent.text import fields


def backups(ctx: Context, question: Fields) -> object:
    """Give the finished backups of the app, the oldest first, as they look at a glance."""
    return [_backup(one) for one in backups_of(_folder(ctx, question), ctx.app)]


def proof(ctx: Context, question: Fields) -> object:
    """Read one backup to its end; says what is wrong with it and how long that took."""
    name = fields.text(question, "backup")
    began = time.monotonic()
    found = [one for one in backups_of(_folder(ctx, question), ctx.app) if one.name == name]
    if not found:
        raise ActionFailed(f"there is no backup `{name[:80]}` on this host")
    wrong = backup_proof.problems(ctx, found[0])
    return {"problems": list(wrong), "seconds": round(time.monotonic() - began, 1)}


def _folder(ctx: Context, question: Fields) -> Path:
    return ctx.path(fields.text(question, "folder", "/opt/backups"))


def _backup(folder: Path) -> dict[str, object]:
    record = read_backup(folder)
    parts = [one for one in sorted(folder.iterdir()) if one.is_file()]
    wrong = backup_proof.missing(folder)
    created = record.get("created")
    written = created if isinstance(created, (int, float)) else folder.lstat().st_mtime
    return {
        **record,
        "name": folder.name,
        "created": written,
        "age": max(0.0, time.time() - written),
        "size": sum(one.stat().st_size for one in parts),
        "verified": not wrong,
        "problem": "; ".join(wrong),
        "parts": [one.name for one in parts],
    }
