"""Back up code, config, databases and shared files; a folder has its name only when proven."""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from deployer.agent.actions.backup_checks import made_of
from deployer.agent.backups import backup_files, dumps, shared_files
from deployer.agent.backups.archive import Damaged, Written, check_digest, check_tar
from deployer.agent.backups.backup_folders import PARTIAL, backups_of, next_name
from deployer.agent.backups.backup_record import RECORD, SCHEMA, SUMS, sealed, sums_of
from deployer.agent.backups.dumped import Dumped
from deployer.agent.context import ActionFailed, Context
from deployer.agent.disk.files import make_folder, rename_durable, write_atomic
from deployer.agent.runs.release_record import read_record
from deployer.agent.text import fields


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
    shared: Mapping[str, object]


@dataclass
class _Made:
    """The parts of a backup that is being written, and what is to be said of it."""

    parts: list[Written]
    databases: list[Dumped]
    notes: list[str]


def backup(ctx: Context, action: Mapping[str, object]) -> bool:
    """Write a backup and read it back; with nothing to back up, do nothing and say so."""
    wish = _read(ctx, action)
    if fields.flag(action, "unless_made") and all(
        made_of(ctx, fields.text(action, "folder"), one) for one in wish.dumps
    ):
        ctx.note = "this run has dumped it before"
        return False
    _make_place(wish.folder)
    name = next_name(wish.folder, wish.app)
    partial = wish.folder / f"{name}{PARTIAL}"
    ctx.action(f"back up into {name}")
    try:
        make_folder(partial, 0o700)
        record = _fill(ctx, wish, partial)
        if record is None:
            shutil.rmtree(partial)
            ctx.note = "nothing to back up yet"
            return False
        rename_durable(partial, wish.folder / name)
    except (OSError, Damaged) as error:
        shutil.rmtree(partial, ignore_errors=True)
        cause = f"the backup could not be written: {error}"
        raise ActionFailed(cause, "Is there room? `inv check` shows it.") from error
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    ctx.results["backup"] = record
    ctx.note = f"{wish.folder / name}, read back"
    return True


def _read(ctx: Context, action: Mapping[str, object]) -> Wish:
    release_folder = fields.text(action, "release_folder")
    folder = fields.text(action, "folder")
    if folder in ("", "/"):
        raise ActionFailed(f"`{folder}` is no folder for backups")
    shared = action.get("shared")
    return Wish(
        folder=ctx.path(folder),
        app=fields.text(action, "app"),
        release=fields.text(action, "release"),
        release_folder=ctx.path(release_folder) if release_folder else None,
        config=fields.texts(action, "config"),
        dumps=fields.objects(action, "dumps"),
        database_required=fields.flag(action, "database_required"),
        shared=shared if isinstance(shared, Mapping) else {},
    )


def _make_place(folder: Path) -> None:
    """Make the folder of backups; refuse one that somebody else could change."""
    make_folder(folder, 0o711)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        cause = f"`{folder}` is not a folder but something else, such as a link"
        raise ActionFailed(cause, "Mount another disk there instead.")
    if found.st_uid not in (0, os.geteuid()) or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        cause = f"`{folder}` does not belong to root alone, so others could change backups"
        raise ActionFailed(cause, f"Look at it, then: chown root {folder}; chmod 711 {folder}")


def _fill(ctx: Context, wish: Wish, partial: Path) -> dict[str, object] | None:
    began = time.time()
    made = _Made([], [], [])
    folder = wish.release_folder
    earlier = reversed(backups_of(wish.folder, wish.app))
    linked = backup_files.linked_code(earlier, wish.release, partial) if folder else None
    code = backup_files.code(folder, partial) if folder and not linked else None
    config = backup_files.config(ctx, wish.config, folder, partial)
    for part in (config, code):
        if part:
            check_tar(partial / part.name, part)
            made.parts.append(part)
    _add_databases(ctx, wish, partial, made)
    if wish.shared:
        packed, changed = shared_files.pack(ctx, wish.shared, partial)
        made.parts.append(packed)
        made.notes += [f"`{path}` changed while it was packed" for path in changed]
    for part in made.parts:
        check_digest(partial / part.name, part)
    made.parts += [linked] if linked else []
    return _recorded(ctx, wish, partial, (made, began)) if made.parts else None


def _add_databases(ctx: Context, wish: Wish, partial: Path, made: _Made) -> None:
    for one in wish.dumps:
        dumped = dumps.dump(ctx, one, partial)
        if dumped:
            made.databases.append(dumped)
            made.parts.append(dumped.part)
            made.notes += dumped.notes
    if wish.database_required and not made.databases:
        hint = "Check the path or URL of the database in the inventory."
        raise ActionFailed("there is no database to back up, but one is required", hint)


def _recorded(
    ctx: Context, wish: Wish, partial: Path, filled: tuple[_Made, float]
) -> dict[str, object]:
    """Write record and sums; gives the record."""
    made, began = filled
    names = [part.name for part in made.parts]
    if len(set(names)) != len(names):
        raise ActionFailed("two parts of the backup would have the same name", "Report this bug.")
    record: dict[str, object] = {
        "schema": SCHEMA,
        "name": partial.name[: -len(PARTIAL)],
        "app": wish.app,
        "release": wish.release,
        "revision": _revision(wish.release_folder),
        "run": ctx.run,
        "created": began,
        "seconds": round(time.time() - began, 3),
        "bytes": sum(part.size for part in made.parts),
        "tools": _tools(made.databases),
        "parts": [asdict(part) for part in made.parts],
        "databases": [one.record for one in made.databases],
        "tables": {key: rows for one in made.databases for key, rows in one.tables.items()},
        "notes": made.notes,
    }
    for note in made.notes:
        ctx.notice(note, "warning")
    write_atomic(partial / SUMS, sums_of(record), 0o600)
    write_atomic(partial / RECORD, sealed(record), 0o600)
    return record


def _tools(databases: Sequence[Dumped]) -> list[str]:
    return sorted({one.tool for one in databases if one.tool})


def _revision(release_folder: Path | None) -> str:
    found = read_record(release_folder) if release_folder else {}
    revision = found.get("revision")
    return revision if isinstance(revision, str) else ""
