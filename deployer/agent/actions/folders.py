"""Folders: made with owner and mode, and discarded through the trash."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from deployer.agent.context import ActionFailed, Context
from deployer.agent.disk import trash
from deployer.agent.disk.descending import made_folder
from deployer.agent.disk.files import link_atomic
from deployer.agent.disk.files import make_folder as durable_folder
from deployer.agent.disk.roots import app_folder, writable
from deployer.agent.system.people import group_id, user_id
from deployer.agent.text import fields

DISCARDABLE = ("releases", "venvs", "wheelhouse")


def make_folder(ctx: Context, action: Mapping[str, object]) -> bool:
    """Make a folder, or mend its owner and mode."""
    path = writable(ctx, fields.text(action, "path"))
    owner = user_id(fields.text(action, "owner", "root"))
    group = group_id(fields.text(action, "group", "root"))
    mode = fields.whole(action, "mode", 0o755)
    with made_folder(ctx.path("/"), path, 0o700) as (descriptor, made):
        found = os.fstat(descriptor)
        if (stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid) == (mode, owner, group):
            return made
        os.fchown(descriptor, owner, group)
        os.fchmod(descriptor, mode)
        os.fsync(descriptor)
    return True


def share(ctx: Context, action: Mapping[str, object]) -> bool:
    """Link a path inside a release to something shared, in place of what the tree has there."""
    path = writable(ctx, fields.text(action, "path"))
    target = fields.text(action, "target")
    writable(ctx, target)
    if path.is_symlink() and str(path.readlink()) == target:
        return False
    if not path.parent.is_relative_to(ctx.path(f"/srv/{ctx.app}/releases")):
        raise ActionFailed(f"`{path}` is not inside a release")
    if path.is_dir() and not path.is_symlink():
        trash.throw_away(path, ctx.path(f"/srv/{ctx.app}/.trash"))
    durable_folder(path.parent)
    link_atomic(path, target)
    return True


def discard(ctx: Context, action: Mapping[str, object]) -> bool:
    """Remove a folder of the app, unless it is live."""
    path = app_folder(ctx, fields.text(action, "path"), *DISCARDABLE)
    return discard_folder(ctx, path)


def discard_folder(ctx: Context, path: Path) -> bool:
    """Remove a release, environment or wheelhouse that nothing serves from."""
    for name in ("live", "previous", "blue", "green"):
        served = ctx.path(f"/srv/{ctx.app}/run/{name}")
        if served.is_symlink() and served.readlink().name == path.name:
            raise ActionFailed(f"`{path.name}` is still linked as `{name}`, so it is not removed")
    return trash.throw_away(path, ctx.path(f"/srv/{ctx.app}/.trash"))
