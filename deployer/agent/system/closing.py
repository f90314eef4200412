"""Before a balancer's nginx reloads, clients are asked to come back on new connections.

A reload is one of all sites, and closes what is idle of each: so the clients of every app whose
balancer this host is are asked, and reloads of several apps wait for each other, because one would
take away the files that the next one has just put there.
"""

from __future__ import annotations

import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from deployer.agent.context import Context
from deployer.agent.disk.roots import writable
from deployer.agent.system.systemd import pause

_LOCK = "/run/deployer-reload.lock"
_LONGEST = 60.0
_STEP = 0.05


@contextmanager
def clients_asked(ctx: Context, absolute: str, window: float) -> Iterator[None]:
    """Have the files there by which sites ask their clients, from a `window` of seconds before."""
    own = writable(ctx, absolute)
    with _alone(ctx):
        others = _others(ctx, own)
        try:
            _touch(own)
            for flag in others:
                with suppress(OSError):
                    _touch(flag)
            pause(ctx, window)
            yield
        finally:
            for flag in (own, *others):
                with suppress(OSError):
                    flag.unlink(missing_ok=True)


def ask_nobody(ctx: Context, absolute: str) -> None:
    """Take away what a run has left there that was killed, or lost its power."""
    if absolute:
        writable(ctx, absolute).unlink(missing_ok=True)


def _others(ctx: Context, own: Path) -> tuple[Path, ...]:
    found = (one.parent for one in ctx.path("/srv").glob("*/run/balancer"))
    owner = own.parent.lstat().st_uid
    return tuple(
        folder / own.name for folder in found if folder != own.parent and _is_of(folder, owner)
    )


def _is_of(folder: Path, owner: int) -> bool:
    """Tell whether a folder is ours: what a user has made there must not lead root elsewhere."""
    known = folder.lstat()
    return stat.S_ISDIR(known.st_mode) and known.st_uid == owner


def _touch(flag: Path) -> None:
    os.close(os.open(flag, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644))


@contextmanager
def _alone(ctx: Context) -> Iterator[None]:
    """Wait for other reloads, but not for ever: what hangs there must not keep a host out."""
    path = ctx.path(_LOCK)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    ends = time.monotonic() + _LONGEST
    try:
        while not _taken(descriptor) and time.monotonic() < ends:
            pause(ctx, _STEP)
        yield
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
