"""Write files and links so that a power cut leaves the old one or the new one, never half of one.

A temporary neighbour gets its owner and mode while it is empty, then its content, then fsync,
rename, and fsync of the folder (reference: rename(2), and ext4's `auto_da_alloc` in ext4(5)).
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
KEEP = -1
"""As uid or gid: leave the owner as it comes (see chown(2))."""


def write_atomic(path: Path, data: bytes, mode: int, uid: int = KEEP, gid: int = KEEP) -> None:
    """Put a file in its place by rename, with its final owner and mode from the first byte."""
    neighbour = _neighbour(path)
    descriptor = os.open(neighbour, _NEW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if (uid, gid) != (KEEP, KEEP):
                os.fchown(file.fileno(), uid, gid)
            os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        neighbour.rename(path)
    except BaseException:
        with contextlib.suppress(OSError):
            neighbour.unlink()
        raise
    fsync_folder(path.parent)


def read_plain(path: Path) -> bytes:
    """Read a file where others may write: a link or a pipe there is an OSError, never followed."""
    descriptor = os.open(path, _READ)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is not a plain file", str(path))
        return file.read()


def link_atomic(path: Path, target: str) -> None:
    """Point a symlink at a target by rename, so that nobody finds it missing."""
    neighbour = _neighbour(path)
    neighbour.symlink_to(target)
    try:
        neighbour.rename(path)
    except BaseException:
        with contextlib.suppress(OSError):
            neighbour.unlink()
        raise
    fsync_folder(path.parent)


def unlink_durable(path: Path) -> bool:
    """Remove a file or link for good; tell whether it was there."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    fsync_folder(path.parent)
    return True


def fsync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def rename_durable(source: Path, target: Path) -> None:
    """Give a finished file or folder its name; `target` must be in the same file system."""
    source.rename(target)
    fsync_folder(target.parent)
    if source.parent != target.parent:
        fsync_folder(source.parent)


def make_folder(folder: Path, mode: int = 0o755) -> bool:
    """Make a folder, its parents too, and make their names durable; False if it is there."""
    if folder.is_dir():
        return False
    make_folder(folder.parent)
    try:
        folder.mkdir(mode=mode)
    except FileExistsError:
        if folder.is_dir():  # somebody else was faster
            return False
        raise
    fsync_folder(folder.parent)
    return True


def make_private(folder: Path) -> None:
    """Make a folder that only its owner may enter."""
    make_folder(folder, 0o700)


def _neighbour(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.urandom(6).hex()}.new")
