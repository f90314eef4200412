"""The backups that are on a host: `<app>_YYYYmmdd_HHMMSS-<number>`, each with a `backup.json`."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from deployer.agent.backups.archive import Damaged
from deployer.agent.backups.backup_record import opened
from deployer.agent.disk.prune_rules import Stored

PARTIAL = ".partial"
_STAMP = r"_\d{8}_\d{6}-(\d+)"


def backups_of(folder: Path, app: str) -> tuple[Path, ...]:
    """Give the finished backups of an app, the oldest first."""
    found = (one for one in _folders(folder) if _number(one.name, app) >= 0)
    return tuple(sorted(found, key=lambda one: _number(one.name, app)))


def partials_of(folder: Path, app: str) -> tuple[Path, ...]:
    """Give the unfinished backups of an app."""
    named = ((one, one.name[: -len(PARTIAL)]) for one in _folders(folder, PARTIAL))
    return tuple(one for one, name in named if _number(name, app) >= 0)


def next_name(folder: Path, app: str) -> str:
    """Give the name of a backup that is made now; its number is higher than all others."""
    taken = [_number(one.name.replace(PARTIAL, ""), app) for one in _folders(folder)]
    taken += [_number(one.name[: -len(PARTIAL)], app) for one in _folders(folder, PARTIAL)]
    stamp = time.strftime("%Y%m%d_%H%M%S", time.localtime())
    return f"{app}_{stamp}-{max([*taken, 0]) + 1}"


def read_backup(backup: Path) -> Mapping[str, object]:
    """Give the record of a backup; without one it was never verified, and this is empty."""
    try:
        return opened(backup)
    except Damaged:
        return {}


def stored(backup: Path) -> Stored:
    """Give what the rules of pruning need to know of a backup."""
    record = read_backup(backup)
    created = record.get("created")
    release = record.get("release")
    return Stored(
        name=backup.name,
        created=float(created) if isinstance(created, (int, float)) else backup.lstat().st_mtime,
        verified=bool(record),
        release=release if isinstance(release, str) else "",
        has_database=bool(record.get("databases")),
    )


def _number(name: str, app: str) -> int:
    match = re.fullmatch(re.escape(app) + _STAMP, name)
    return int(match.group(1)) if match else -1


def _folders(folder: Path, suffix: str = "") -> Iterator[Path]:
    if not folder.is_dir():
        return
    for one in folder.iterdir():
        if one.name.endswith(suffix) and one.is_dir() and not one.is_symlink():
            yield one
