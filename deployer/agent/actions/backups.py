"""Back up code, config and database into one folder that has its name only when it is proven."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from deployer.agent import fields
from deployer.agent.archive import Damaged, Written, check_digest, check_tar, write_tar
from deployer.agent.backup_folders import PARTIAL, RECORD, backups_of, next_name, read_backup
from deployer.agent.context import ActionFailed, Context
from deployer.agent.dumps import Dumped, dump
from deployer.agent.files import fsync_folder, write_atomic

CODE = "code.tar.gz"
CONFIG = "config.tar.gz"
SUMS = "SHA256SUMS"


@dataclass(frozen=True)
class Wish:
    """A Backup action, read."""

    folder: Path
    app: str
    release: str
    release_folder: Path | None
    config: tuple[str, ...]
    dumps: tuple[Mapping[str, object], ...]
    database_required: bool


def backup(ctx: Context, action: Mapping[str, object]) -> bool:
    """Write a backup and read it back; with nothing to back up, do nothing and say so."""
    wish = _read(ctx, action)
    name = next_name(wish.folder, wish.app)
    wish.folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    partial = wish.folder / f"{name}{PARTIAL}"
    ctx.action(f"back up into {name}")
    try:
        partial.mkdir(mode=0o700)
        record = _fill(ctx, wish, partial)
        if record is None:
            shutil.rmtree(partial)
            ctx.note = "nothing to back up yet"
            return False
        partial.rename(wish.folder / name)
        fsync_folder(wish.folder)
    except (OSError, Damaged) as error:
        shutil.rmtree(partial, ignore_errors=True)
        cause = f"the backup could not be written: {error}"
        raise ActionFailed(cause, "Is there room? `inv check` shows it.") from error
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    ctx.results["backup"] = {**record, "name": name}
    ctx.note = f"{wish.folder / name}, read back"
    return True


def _read(ctx: Context, action: Mapping[str, object]) -> Wish:
    release_folder = fields.text(action, "release_folder")
    folder = fields.text(action, "folder")
    if folder in ("", "/"):
        raise ActionFailed(f"`{folder}` is no folder for backups")
    return Wish(
        folder=ctx.path(folder),
        app=fields.text(action, "app"),
        release=fields.text(action, "release"),
        release_folder=ctx.path(release_folder) if release_folder else None,
        config=fields.texts(action, "config"),
        dumps=fields.objects(action, "dumps"),
        database_required=fields.flag(action, "database_required"),
    )


def _fill(ctx: Context, wish: Wish, partial: Path) -> dict[str, object] | None:
    began = time.time()
    linked = _linked_code(wish, partial)
    written = [part for part in (_config(ctx, wish, partial), _code(wish, partial)) if part]
    dumped = [made for made in (dump(ctx, one, partial) for one in wish.dumps) if made]
    if wish.database_required and not dumped:
        hint = "Check the path or URL of the database in the inventory."
        raise ActionFailed("there is no database to back up, but one is required", hint)
    fresh = [*written, *(made.part for made in dumped)]
    parts = [*fresh, linked] if linked else fresh
    if not parts:
        return None
    record = _record(wish, parts, dumped, began)
    sums = "".join(f"{part.sha256}  {part.name}\n" for part in parts)
    for part in written:
        check_tar(partial / part.name, part)
    for part in fresh:
        check_digest(partial / part.name, part)
    write_atomic(partial / SUMS, sums.encode(), 0o600)
    content = json.dumps(record, indent=2).encode() + b"\n"
    write_atomic(partial / RECORD, content, 0o600)
    return record


def _linked_code(wish: Wish, partial: Path) -> Written | None:
    """Link the code from a verified backup of the same release, after reading its sha256 again."""
    earlier = _earlier(wish) if wish.release_folder else None
    if earlier is None:
        return None
    backup, part = earlier
    try:
        os.link(backup / CODE, partial / CODE)
        check_digest(partial / CODE, part)
    except (OSError, Damaged):
        (partial / CODE).unlink(missing_ok=True)
        return None
    return part


def _code(wish: Wish, partial: Path) -> Written | None:
    folder = wish.release_folder
    if folder is None or not folder.is_dir() or (partial / CODE).exists():
        return None
    return write_tar(partial / CODE, {folder.name: folder}, [folder / "venv"])


def _earlier(wish: Wish) -> tuple[Path, Written] | None:
    """Find a verified backup of the same release; its code is the same, so it is linked."""
    for one in reversed(backups_of(wish.folder, wish.app)):
        record = read_backup(one)
        if record.get("release") != wish.release:
            continue
        for part in fields.objects(record, "parts"):
            if part.get("name") == CODE:
                return one, _written(part)
    return None


def _written(part: Mapping[str, object]) -> Written:
    return Written(
        fields.text(part, "name"),
        fields.whole(part, "size"),
        fields.text(part, "sha256"),
        fields.whole(part, "members"),
    )


def _config(ctx: Context, wish: Wish, partial: Path) -> Written | None:
    entries = {path.lstrip("/"): ctx.path(path) for path in wish.config}
    if wish.release_folder is not None:
        entries[f"{wish.release_folder.name}/config"] = wish.release_folder / "config"
    there = {name: path for name, path in entries.items() if path.is_symlink() or path.exists()}
    return write_tar(partial / CONFIG, there) if there else None


def _record(
    wish: Wish, parts: list[Written], dumped: list[Dumped], began: float
) -> dict[str, object]:
    return {
        "schema": 1,
        "app": wish.app,
        "release": wish.release,
        "created": began,
        "seconds": round(time.time() - began, 3),
        "bytes": sum(part.size for part in parts),
        "tools": sorted({made.tool for made in dumped if made.tool}),
        "parts": [asdict(part) for part in parts],
        "tables": {key: value for made in dumped for key, value in made.tables.items()},
    }
