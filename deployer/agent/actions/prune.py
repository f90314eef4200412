"""Remove old releases, environments and backups; trouble here is said and never fails a run."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from deployer.agent.backups.backup_folders import backups_of, partials_of, stored
from deployer.agent.backups.backup_proof import missing
from deployer.agent.context import ActionFailed, Context
from deployer.agent.disk import trash
from deployer.agent.disk.manifest import MARKER
from deployer.agent.disk.prune_rules import (
    DAY,
    BackupRule,
    Found,
    backups_to_remove,
    parts_to_keep,
    releases_to_keep,
)
from deployer.agent.runs.release_record import is_release_id, state_of
from deployer.agent.text import fields

_LINKS = ("run/live", "run/previous", "run/blue", "run/green", "run/processes", "current")
_KINDS = {"releases": "", "venvs": "environment", "wheelhouse": "wheelhouse"}
_WHEELHOUSE = re.compile(rb'"wheelhouse":"([^"]+)"')


def prune(ctx: Context, action: Mapping[str, object]) -> bool:
    """Remove what the rules let go."""
    app = fields.text(action, "app")
    root = ctx.path(f"/srv/{app}")
    found = _releases(root)
    live = _link_name(root / "run/live")
    in_use = frozenset((*_linked(root), *_running(root / "releases"), ctx.release)) - {""}
    keep = fields.whole(action, "keep_releases", 5)
    kept = releases_to_keep(found, in_use, keep, live)
    names = frozenset(release.id for release in kept)
    gone = [root / "releases" / one.id for one in found if one.id not in names]
    parts = parts_to_keep(kept)
    for kind in ("venvs", "wheelhouse"):
        gone += [one for one in _folders(root / kind) if f"{kind}/{one.name}" not in parts]
    removed = _remove(ctx, gone, root / ".trash")
    rule = BackupRule(
        fields.number(action, "backup_days", 14.0), fields.whole(action, "backups_at_least", 3)
    )
    folder = ctx.path(fields.text(action, "backups_folder"))
    graves = _old_backups(folder, app, names, rule)
    removed += _remove(ctx, graves, folder / f".trash-{app}")
    ctx.note = _told(removed)
    return bool(removed)


def _told(removed: Sequence[Path]) -> str:
    """Count by the folder that they lay in; a release is named, people know it by its name."""
    releases = [one.name for one in removed if one.parent.name == "releases"]
    kinds = Counter(_KINDS.get(one.parent.name, "backup") for one in removed)
    others = [f"{number} {kind}{'s' * (number > 1)}" for kind, number in kinds.items() if kind]
    return f"removed {', '.join((*releases, *others))}" if removed else ""


def _remove(ctx: Context, paths: Iterable[Path], grave: Path) -> list[Path]:
    removed: list[Path] = []
    for path in paths:
        try:
            if trash.throw_away(path, grave):
                removed.append(path)
            ctx.line(f"removed {path}")
        except (OSError, ActionFailed) as error:
            ctx.line(f"could not remove {path}: {error}")
    try:
        trash.empty(grave)
    except OSError as error:
        ctx.line(f"could not empty {grave}: {error}")
    return removed


def _releases(root: Path) -> tuple[Found, ...]:
    folders = (one for one in _folders(root / "releases") if is_release_id(one.name))
    now = time.time()
    return tuple(
        Found(one.name, state_of(one), _parts(root, one), now - one.lstat().st_mtime)
        for one in folders
    )


def _parts(root: Path, release: Path) -> frozenset[str]:
    venv = _link_name(release / "venv")
    if not venv:
        return frozenset()
    try:
        marker = (root / "venvs" / venv / MARKER).read_bytes()
    except OSError:
        marker = b""
    match = _WHEELHOUSE.search(marker)
    wheels = match.group(1).decode().rpartition("/")[2] if match else ""
    return frozenset({f"venvs/{venv}", *((f"wheelhouse/{wheels}",) if wheels else ())})


def _linked(root: Path) -> Iterable[str]:
    return (name for name in (_link_name(root / link) for link in _LINKS) if name)


def _running(releases: Path) -> Iterable[str]:
    """Give the releases that a process works in."""
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            folder = (process / "cwd").readlink()
        except OSError:
            continue
        if folder.is_relative_to(releases) and folder != releases:
            yield folder.relative_to(releases).parts[0]


def _old_backups(
    folder: Path, app: str, kept: frozenset[str], rule: BackupRule
) -> tuple[Path, ...]:
    now = time.time()
    found = (replace(stored(one), verified=not missing(one)) for one in backups_of(folder, app))
    old = backups_to_remove(found, kept, rule, now)
    torn = (one for one in partials_of(folder, app) if now - one.lstat().st_mtime > DAY)
    return (*(folder / name for name in old), *torn)


def _folders(folder: Path) -> tuple[Path, ...]:
    if folder.is_symlink() or not folder.is_dir():
        return ()
    return tuple(
        one
        for one in sorted(folder.iterdir())
        if one.is_dir() and not one.is_symlink() and re.fullmatch(r"\w[\w.+-]*", one.name)
    )


def _link_name(link: Path) -> str:
    return link.readlink().name if link.is_symlink() else ""
