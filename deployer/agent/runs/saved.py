"""What a run replaces is saved first, so that it can be put back, also after a power cut.

`/var/lib/deployer/<app>/saved/<run>/` holds copies `0001`, `0002` … and `index`, one JSON line a
path, flushed to disk before the path is changed. A path is saved once per run: what counts is
how it was before the run.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from deployer.agent.context import ActionFailed, Context
from deployer.agent.disk.files import (
    fsync_folder,
    link_atomic,
    make_private,
    unlink_durable,
    write_atomic,
)
from deployer.agent.text import fields

_INDEX = "index"


def save(ctx: Context, absolute: str) -> None:
    """Save what is at a path now, unless this run has done so already."""
    folder = ctx.saved_folder
    entries = _entries(folder)
    if absolute in entries:
        return
    make_private(folder)
    entry = _copied(ctx.path(absolute), folder / f"{len(entries) + 1:04d}")
    line = json.dumps({"path": absolute, **entry}) + "\n"
    _append(folder / _INDEX, line.encode())
    fsync_folder(folder)
    fsync_folder(folder.parent)


def has_replaced(ctx: Context, absolute: str) -> bool:
    """Tell whether this run has begun to replace what was at a path."""
    return absolute in _entries(ctx.saved_folder)


def put_back(ctx: Context, absolute: str) -> bool:
    """Restore what was saved of a path; nothing saved, nothing done."""
    folder = ctx.saved_folder
    entry = _entries(folder).get(absolute)
    if entry is None:
        return False
    path = ctx.path(absolute)
    kind = fields.text(entry, "kind")
    if kind == "absent":
        return unlink_durable(path)
    if kind == "link":
        return _linked(path, fields.text(entry, "target"))
    return _rewritten(path, folder / fields.text(entry, "copy"), entry)


def _entries(folder: Path) -> dict[str, Mapping[str, object]]:
    try:
        lines = (folder / _INDEX).read_text().split("\n")
    except FileNotFoundError:
        return {}
    found: dict[str, Mapping[str, object]] = {}
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            continue  # a torn line: the power went before its path was changed
        found.setdefault(fields.text(entry, "path"), entry)
    return found


def _append(index: Path, line: bytes) -> None:
    descriptor = os.open(index, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        rest = b"\n" + line if torn else line
        while rest:  # a nearly full disk takes a part, and says no only to the next one
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _copied(path: Path, copy: Path) -> dict[str, object]:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return {"kind": "absent"}
    if stat.S_ISLNK(found.st_mode):
        return {"kind": "link", "target": str(path.readlink())}
    if not stat.S_ISREG(found.st_mode):
        raise ActionFailed(
            f"`{path}` is a folder or a device, where a file should be",
            hint=f"Look at it with `ls -l {path}` and move it away.",
        )
    write_atomic(copy, path.read_bytes(), 0o600, os.geteuid(), os.getegid())
    return {
        "kind": "file",
        "copy": copy.name,
        "mode": stat.S_IMODE(found.st_mode),
        "uid": found.st_uid,
        "gid": found.st_gid,
    }


def _linked(path: Path, target: str) -> bool:
    if path.is_symlink() and str(path.readlink()) == target:
        return False
    link_atomic(path, target)
    return True


def _rewritten(path: Path, copy: Path, entry: Mapping[str, object]) -> bool:
    mode, uid, gid = (fields.whole(entry, key) for key in ("mode", "uid", "gid"))
    data = copy.read_bytes()
    if is_same(path, data, mode, uid, gid):
        return False
    write_atomic(path, data, mode, uid, gid)
    return True


def is_same(path: Path, data: bytes, mode: int, uid: int, gid: int) -> bool:
    """Tell whether a path is a plain file with this content, mode and owner."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    return (
        stat.S_ISREG(found.st_mode)
        and (stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid) == (mode, uid, gid)
        and found.st_size == len(data)
        and path.read_bytes() == data
    )
