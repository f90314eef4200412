"""How big what is on the host now is; the next release and backup will be about as big.

A backup weighs what the newest one does, and the newest dump if that one has none: a deploy may
make the code's backup and the database's one after the other. A dump of SQLite is copied beside
the app first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from deployer.agent.backups.backup_folders import backups_of
from deployer.agent.backups.dumps import COPIED, PARTS
from deployer.agent.context import Context, Fields
from deployer.agent.disk.manifest import MARKER
from deployer.agent.facts.memory import memory
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
        **_backup(ctx, fields.text(question, "backups")),
        **memory(ctx),
    }


def _seal(folder: Path) -> Mapping[str, object]:
    try:
        found = json.loads((folder / MARKER).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _backup(ctx: Context, folder: str) -> dict[str, int]:
    found = backups_of(ctx.path(folder), ctx.app) if folder else ()
    sizes: dict[str, int] = {}
    for one in reversed(found):
        parts = {part.name: part.lstat().st_size for part in one.iterdir() if part.is_file()}
        dumps = {name: size for name, size in parts.items() if name in PARTS}
        sizes.update(dumps if sizes else parts)
        if dumps:
            break
    return {"backup_bytes": sum(sizes.values()), "copied_bytes": sizes.get(COPIED, 0)}
