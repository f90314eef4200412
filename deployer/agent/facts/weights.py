"""How big what is on the host now is; the next release and backup will be about as big."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from deployer.agent.backups.backup_folders import backups_of
from deployer.agent.context import Context, Fields
from deployer.agent.disk.manifest import MARKER
from deployer.agent.runs import standing
from deployer.agent.runs.release_record import release_folder
from deployer.agent.text import fields


def weights(ctx: Context, question: Fields) -> object:
    """Give bytes and files of the live release with its environment, and bytes of a backup."""
    live = standing.live(ctx)
    folder = release_folder(ctx, live) if live else Path("/nonexistent")
    venv = folder / "venv"
    parts = (
        folder,
        folder / "static",
        ctx.path(str(venv.readlink())) if venv.is_symlink() else None,
    )
    seals = [_seal(part) for part in parts if part]
    return {
        "release_bytes": sum(fields.whole(seal, "bytes") for seal in seals),
        "release_files": sum(fields.whole(seal, "files") for seal in seals),
        "backup_bytes": _last_backup(ctx, fields.text(question, "backups")),
    }


def _seal(folder: Path) -> Mapping[str, object]:
    try:
        found = json.loads((folder / MARKER).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _last_backup(ctx: Context, folder: str) -> int:
    found = backups_of(ctx.path(folder), ctx.app) if folder else ()
    if not found:
        return 0
    return sum(one.lstat().st_size for one in found[-1].iterdir() if one.is_file())
