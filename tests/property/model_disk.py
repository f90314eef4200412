"""A disk that forgets: what was written below a folder and not flushed may be lost in a power cut.

The real code works on real files. Only the calls that flush are taken down, so they cost nothing,
and so is every call that makes, renames or removes a name: at a chosen one everything stops. After
`lose` the folder is as a power cut may leave it: a name or a content that was not flushed is, by
chance, as it was before or as it was at last.
"""

import os
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random

from deployer.agent import actions
from deployer.agent.actions import sealing, sources
from deployer.agent.context import Context, Fields
from deployer.agent.disk import ballast

Entry = tuple[str, int | str]
UNTAR = "Untar"
NAMES = ("rename", "symlink", "mkdir", "unlink", "rmdir", "link")


def untar(ctx: Context, action: Fields) -> bool:
    """Write files as tar(1) does: nothing is flushed."""
    folder = ctx.path(str(action["path"]))
    for number in range(3):
        path = folder / f"part{number}/code.py"
        path.parent.mkdir(parents=True)
        path.write_bytes(f"{folder.name} {number}".encode())
    return True


class Stopped(BaseException):
    """Nothing of ours runs any more; no `except` in the agent answers it."""


class ModelDisk:
    """What is durable below a folder, by inode; kept open, so that no inode is used again."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.skew = 0.0
        self._left = -1
        self._contents: dict[int, bytes] = {}
        self._folders: dict[int, dict[str, Entry]] = {}
        self._kept: dict[int, int] = {}
        self.flush_all()

    @property
    def kept(self) -> frozenset[int]:
        """The descriptors that are the disk's own."""
        return frozenset(self._kept.values())

    @contextmanager
    def watched(self, stop_after: int = -1) -> Iterator[None]:
        """Work on it; with `stop_after` everything stops at the so-manieth call, for good."""
        self._left = stop_after
        before = [(place, name, getattr(place, name)) for place, name in _PLACES]
        clock = time.time
        try:
            for place, name, new in self._standing_in(clock):
                setattr(place, name, new)
            yield
        finally:
            for place, name, old in before:
                setattr(place, name, old)

    def lose(self, random: Random) -> None:
        """Cut the power."""
        new = self.root.with_name(f"{self.root.name}.new")
        self._rebuild(self._inode(self.root), new, random, set())
        self._forget()
        shutil.rmtree(self.root)
        new.rename(self.root)
        self.flush_all()

    def flush_all(self) -> None:
        """Make all of it durable, as syncfs(2) does."""
        for folder, _, files in os.walk(self.root):
            self._flush_path(Path(folder))
            for name in files:
                if not (Path(folder) / name).is_symlink():
                    self._flush_path(Path(folder) / name)

    def close(self) -> None:
        """Let go of everything."""
        self._forget()

    def _standing_in(self, clock: Callable[[], float]) -> Iterator[tuple[object, str, object]]:
        for name in NAMES:
            yield os, name, self._counted(getattr(os, name))
        flush, flush_all = self._counted(self._flush), self._counted(lambda _: self.flush_all())
        yield from ((os, "fsync", flush), (os, "fdatasync", flush))
        yield from (
            (sealing, "flush_file_system", flush_all),
            (sources, "flush_file_system", flush_all),
        )
        yield ballast, "_fill", lambda _: None  # it has tests of its own
        find = actions.find
        yield actions, "find", lambda name: untar if name == UNTAR else find(name)
        yield actions, "PLACES", {**actions.PLACES, UNTAR: ("", "")}
        yield time, "time", lambda: clock() + self.skew

    def _counted(self, call: Callable[..., object]) -> Callable[..., object]:
        def stopping(*given: object, **named: object) -> object:
            if self._left == 0:
                raise Stopped
            done = call(*given, **named)
            self._left -= 1
            if self._left == 0:
                raise Stopped
            return done

        return stopping

    def _flush_path(self, path: Path) -> None:
        with suppress(OSError):
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
            try:
                self._flush(descriptor)
            finally:
                os.close(descriptor)

    def _flush(self, descriptor: int) -> None:
        found = os.fstat(descriptor)
        self._keep(descriptor, found.st_ino)
        if stat.S_ISDIR(found.st_mode):
            self._folders[found.st_ino] = _entries(self._kept[found.st_ino])
        else:
            self._contents[found.st_ino] = _content(self._kept[found.st_ino])

    def _keep(self, descriptor: int, inode: int) -> None:
        if inode not in self._kept:
            self._kept[inode] = os.open(f"/proc/self/fd/{descriptor}", os.O_RDONLY)

    def _rebuild(self, inode: int, to: Path, random: Random, done: set[int]) -> None:
        to.mkdir()
        now = _entries(self._kept[inode]) if inode in self._kept else {}
        durable = self._folders.get(inode, {})
        for name in sorted({*now, *durable}):
            old, new = durable.get(name), now.get(name)
            entry = old if old == new or random.random() < 0.5 else new
            if entry is not None:
                self._place(entry, to / name, random, done)

    def _place(self, entry: Entry, to: Path, random: Random, done: set[int]) -> None:
        kind, what = entry
        if kind == "link":
            to.symlink_to(str(what))
            return
        inode = int(what)
        if kind == "file":
            to.write_bytes(self._survived(inode, random))
        elif inode not in done:  # a folder that was moved is in one place
            done.add(inode)
            self._rebuild(inode, to, random, done)

    def _survived(self, inode: int, random: Random) -> bytes:
        durable = self._contents.get(inode, b"")
        kept = self._kept.get(inode)
        now = _content(kept) if kept is not None else b""
        return random.choice((durable, now)) if durable != now else durable

    def _inode(self, path: Path) -> int:
        return path.stat().st_ino

    def _forget(self) -> None:
        for descriptor in self._kept.values():
            os.close(descriptor)
        self._kept.clear()
        self._contents.clear()
        self._folders.clear()


_PLACES = (
    *((os, name) for name in (*NAMES, "fsync", "fdatasync")),
    (sealing, "flush_file_system"),
    (sources, "flush_file_system"),
    (ballast, "_fill"),
    (actions, "find"),
    (actions, "PLACES"),
    (time, "time"),
)


def _entries(descriptor: int) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    with os.scandir(descriptor) as entries:
        for one in entries:
            if one.is_symlink():
                found[one.name] = ("link", os.readlink(one.name, dir_fd=descriptor))
            else:
                found[one.name] = ("folder" if one.is_dir() else "file", one.inode())
    return found


def _content(descriptor: int) -> bytes:
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0)
