"""The life of a release on the host: marked, and given up."""

from __future__ import annotations

import errno
import time
from collections.abc import Mapping
from pathlib import Path

from deployer.agent.actions.folders import discard_folder
from deployer.agent.context import Context
from deployer.agent.runs import saved
from deployer.agent.runs.release_record import (
    read_record,
    release_folder,
    state_of,
    write_record,
)
from deployer.agent.text import fields

_UNPUBLISHED = ("building", "staged")
FULL = (errno.ENOSPC, errno.EDQUOT)
_USES = ("live", "blue", "green")


def mark(ctx: Context, action: Mapping[str, object]) -> bool:
    """Record the state of a release, and notes about it."""
    release = fields.text(action, "release")
    notes = dict(fields.pairs(action, "note"))
    return _mark(ctx, release, fields.text(action, "state"), notes)


def give_up(ctx: Context, action: Mapping[str, object]) -> bool:
    """Discard a release that was never published, mark another one failed."""
    release = fields.text(action, "release")
    folder = release_folder(ctx, release)
    if not folder.is_dir():
        return False
    state = state_of(folder)
    if state == "good":
        return False  # it was proven before this run; that it was chosen again takes nothing away
    if state in _UNPUBLISHED and not _is_used(ctx, folder) and not _was_started(ctx):
        return discard_folder(ctx, folder)
    try:
        return _mark(ctx, release, "failed", {})
    except OSError as error:
        if error.errno not in FULL:
            raise
        return discard_folder(ctx, folder)  # better gone than called live; and it makes room


def _mark(ctx: Context, release: str, state: str, notes: Mapping[str, str]) -> bool:
    folder = release_folder(ctx, release)
    if not folder.is_dir():
        return False
    record = read_record(folder)
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    first = {"schema": 1, "id": release, "number": int(release[:6]), "created": stamp}
    changed = {**first, **record, **notes, "state": state}
    if changed == record:
        return False
    return write_record(folder, {**changed, "state_since": stamp})


def _is_used(ctx: Context, folder: Path) -> bool:
    links = (ctx.path(f"/srv/{ctx.app}/run/{name}") for name in _USES)
    return any(one.is_symlink() and one.readlink().name == folder.name for one in links)


def _was_started(ctx: Context) -> bool:
    """Tell whether this run came so far as to give the release a unit; its links tell."""
    return any(saved.has_replaced(ctx, f"/srv/{ctx.app}/run/{name}") for name in _USES)
