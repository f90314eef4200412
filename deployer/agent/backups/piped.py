"""Take what a program prints, compress it into a file, and lose no error on the way."""

from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import BinaryIO

from deployer.agent.system.programs import Completed

_FAST = 1
_PIECE = 1024 * 1024


def compressed(target: Path, run: Callable[[int], Completed]) -> Completed:
    """Run a program with its stdout in a new gzip file of root's; raises OSError of the file.

    `run` gets the descriptor to write to. A pipe of a shell would hide which end failed.
    """
    reading, writing = os.pipe()
    trouble: list[OSError] = []
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)

    def pump() -> None:
        with os.fdopen(reading, "rb") as source, os.fdopen(descriptor, "wb") as raw:
            try:
                _copy(source, raw)
            except OSError as error:
                trouble.append(error)  # closing our end ends the program too

    thread = Thread(target=pump, daemon=True)
    thread.start()
    try:
        completed = run(writing)
    finally:
        os.close(writing)
        thread.join()
    if trouble:
        raise trouble[0]
    return completed


def _copy(source: BinaryIO, raw: BinaryIO) -> None:
    with gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=_FAST) as packed:
        shutil.copyfileobj(source, packed, _PIECE)
    raw.flush()
    os.fsync(raw.fileno())
