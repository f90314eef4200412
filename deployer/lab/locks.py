"""Locks between processes, so that two labs never do the same thing at once."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from deployer.errors import LabError
from deployer.lab.machine import wait_until


@contextmanager
def locked(path: Path, *, seconds: float) -> Iterator[None]:
    """Hold the lock file `path`; waits at most `seconds` for another holder, then LabError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as lock:
        if not wait_until(lambda: _taken(lock), seconds=seconds):
            raise LabError(
                f"Another run holds `{path}`.",
                hint="Wait until it has ended, or use another lab name.",
            )
        yield


def _taken(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
