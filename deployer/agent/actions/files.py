"""Files and links at their live places: written by rename, and what was there is kept."""

from __future__ import annotations

from collections.abc import Mapping

from deployer.agent.context import ActionFailed, Context
from deployer.agent.disk.files import (
    link_atomic,
    make_folder,
    read_plain,
    unlink_durable,
    write_atomic,
)
from deployer.agent.disk.roots import writable
from deployer.agent.runs import saved
from deployer.agent.system.people import group_id, user_id
from deployer.agent.text import fields


def put(ctx: Context, action: Mapping[str, object]) -> bool:
    """Write a file with this content, mode and owner."""
    return _write(ctx, action, fields.octets(action, "content"))


def install(ctx: Context, action: Mapping[str, object]) -> bool:
    """Copy a file on the host to its live place."""
    source = fields.text(action, "source")
    try:
        content = read_plain(ctx.path(source))
    except OSError as error:
        raise ActionFailed(f"`{source}` cannot be read: {error.strerror}") from error
    return _write(ctx, action, content)


def put_back(ctx: Context, action: Mapping[str, object]) -> bool:
    """Restore what this run replaced at a path."""
    absolute = fields.text(action, "path")
    writable(ctx, absolute)
    return saved.put_back(ctx, absolute)


def link(ctx: Context, action: Mapping[str, object]) -> bool:
    """Point a symlink at a target."""
    absolute = fields.text(action, "path")
    target = fields.text(action, "target")
    path = writable(ctx, absolute)
    if not target or not target.isprintable():
        raise ActionFailed(f"`{absolute}` cannot be linked to `{target!r}`")
    if path.is_symlink() and str(path.readlink()) == target:
        return False
    saved.save(ctx, absolute)
    make_folder(path.parent)
    link_atomic(path, target)
    return True


def unlink(ctx: Context, action: Mapping[str, object]) -> bool:
    """Remove a file or link."""
    absolute = fields.text(action, "path")
    path = writable(ctx, absolute)
    if not path.is_symlink() and not path.exists():
        return False
    saved.save(ctx, absolute)
    return unlink_durable(path)


def _write(ctx: Context, action: Mapping[str, object], content: bytes) -> bool:
    absolute = fields.text(action, "path")
    path = writable(ctx, absolute)
    mode = fields.whole(action, "mode", 0o644)
    uid = user_id(fields.text(action, "owner", "root"))
    gid = group_id(fields.text(action, "group", "root"))
    if saved.is_same(path, content, mode, uid, gid):
        return False
    saved.save(ctx, absolute)
    make_folder(path.parent)
    write_atomic(path, content, mode, uid, gid)
    return True
