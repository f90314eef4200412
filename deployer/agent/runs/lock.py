"""One run at a time for an app: flock(2) on a file that is never removed.

The kernel drops the lock when its holder dies, so it is never stale. The descriptor is closed on
exec; a child that inherited it would keep the lock after the death of the agent.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path
from threading import Event

from deployer.agent.disk.files import write_atomic

_TRIES = 10
_PAUSE = 0.02  # a reader that looks whether it is locked holds it for microseconds


class LockHeld(Exception):
    """Another run has the lock; `owner` is what it wrote about itself."""

    def __init__(self, owner: Mapping[str, object]) -> None:
        super().__init__("the app is locked")
        self.owner = owner


class Lock:
    """The lock of one app, held from construction to `release` or the death of the process."""

    def __init__(self, folder: Path, owner: Mapping[str, object]) -> None:
        self._folder = folder
        self._descriptor = _open(folder)
        if not _taken(self._descriptor, fcntl.LOCK_EX):
            os.close(self._descriptor)
            raise LockHeld(_read_owner(folder))
        with contextlib.suppress(OSError):  # it only informs: a full disk must not stop a recovery
            write_atomic(folder / "owner.json", json.dumps({**owner}).encode(), 0o600)

    def release(self) -> None:
        """Let the next one have it."""
        os.close(self._descriptor)


def owner(folder: Path) -> Mapping[str, object]:
    """Give who holds the lock; empty if nobody does."""
    if not (folder / "lock").exists():
        return {}
    descriptor = _open(folder)
    try:
        free = _taken(descriptor, fcntl.LOCK_SH, tries=1)
    finally:
        os.close(descriptor)
    return {} if free else _read_owner(folder)


def _open(folder: Path) -> int:
    flags = os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        return os.open(folder / "lock", flags | os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        if error.errno != errno.EROFS:
            raise
        return os.open(folder / "lock", flags | os.O_RDONLY)  # flock(2) needs no right to write


def _taken(descriptor: int, kind: int, tries: int = _TRIES) -> bool:
    for left in reversed(range(tries)):
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if left:
                Event().wait(_PAUSE)
        else:
            return True
    return False


def _read_owner(folder: Path) -> Mapping[str, object]:
    try:
        found = json.loads((folder / "owner.json").read_bytes())
    except (OSError, ValueError):
        found = {}
    return found if isinstance(found, dict) and found else {"run": "unknown"}
