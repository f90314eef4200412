"""Room and inodes held back, so that going back needs nothing that a full disk has not.

A folder with 1 MiB in one file and a few empty files: beside the journal, and beside the releases
where that is another file system. An undo, a rollback or a recovery gives them up when the disk is
nearly full; they are filled again when there is plenty.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from deployer.agent.context import Context

SIZE = 1024 * 1024
SPARES = 32
_PLENTY = 8
"""It is filled only if so many times as much stays free for everybody else."""
_SHORT = 2
_ROOM = "room"


@dataclass(frozen=True)
class Ballast:
    """The folders that hold it, one for each file system."""

    folders: tuple[Path, ...]

    @classmethod
    def of(cls, ctx: Context) -> Ballast:
        """Give the ballast of an app."""
        state = ctx.state_folder
        home = ctx.path(f"/srv/{ctx.app}")
        beside = (home / ".ballast",) if _device(home) not in (-1, _device(state)) else ()
        return cls((state / "ballast", *beside))

    def hold(self) -> None:
        """Fill it where there is plenty of room; never raises."""
        for folder in self.folders:
            with contextlib.suppress(OSError):
                _fill(folder)

    def relieve(self) -> bool:
        """Give it up where the disk is nearly full; tells whether any was."""
        given = [_empty(folder) for folder in self.folders if _is_short(folder)]
        return any(given)

    def give_up(self) -> bool:
        """Give all of it up; tells whether there was any."""
        given = [_empty(folder) for folder in self.folders]
        return any(given)


def _device(path: Path) -> int:
    try:
        return path.stat().st_dev
    except OSError:
        return -1


def _fill(folder: Path) -> None:
    if folder.is_file():
        folder.unlink()  # an earlier version had a file of this name
    if _is_full(folder) or not _has(folder.parent, _PLENTY):
        return
    folder.mkdir(mode=0o700, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        for number in range(SPARES):
            os.close(os.open(folder / f"{number:02d}", flags, 0o600))
        descriptor = os.open(folder / _ROOM, flags, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, SIZE)
        finally:
            os.close(descriptor)
    except OSError:
        _empty(folder)


def _is_full(folder: Path) -> bool:
    try:
        return (folder / _ROOM).stat().st_size >= SIZE and len(tuple(folder.iterdir())) > SPARES
    except OSError:
        return False


def _empty(folder: Path) -> bool:
    there = folder.exists()
    if folder.is_dir() and not folder.is_symlink():
        shutil.rmtree(folder, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            folder.unlink()
    return there


def _is_short(folder: Path) -> bool:
    return not _has(folder.parent, _SHORT)


def _has(folder: Path, times: int) -> bool:
    """Tell whether root could still write so many times the ballast there."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return False
    # f_bfree, not f_bavail: what is kept for root is ours to use.
    room = found.f_bfree * found.f_frsize >= times * SIZE
    return room and (found.f_files == 0 or found.f_ffree >= times * SPARES)
