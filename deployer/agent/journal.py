"""The journal of an app: written before anything is done, read after a crash.

A line is a JSON object, a tab, 16 hex digits of its sha256 and a newline. It is on disk when
`write` returns. One by `note` is on disk when the next `write` returns, soon enough for what
only tells the story: recovery undoes a started step whether or not it was done.

fdatasync(2) is enough: it also flushes the new size of the file, which is needed to read the
line back, and leaves out only the times. The file's name is made durable when it is created.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deployer.agent.files import fsync_folder
from deployer.agent.hello import boot_id

SCHEMA = 1
BALLAST = 256 * 1024
"""Bytes kept in reserve beside the journal, so that a full disk cannot stop an undo."""
_DIGITS = 16
Record = dict[str, object]


def encode(record: Mapping[str, object]) -> bytes:
    """Give the line that holds a record."""
    text = json.dumps(record, separators=(",", ":"), sort_keys=True).encode()
    return text + b"\t" + _checksum(text) + b"\n"


def read(content: bytes) -> tuple[Record, ...]:
    """Give the records that are whole; torn, damaged and repeated lines are left out."""
    found: dict[tuple[object, object], Record] = {}
    for line in content.split(b"\n"):
        record = _decode(line)
        if record is not None:
            found.setdefault((str(record.get("run")), str(record.get("seq"))), record)
    return tuple(found.values())


def load(path: Path) -> tuple[Record, ...]:
    """Read a journal file; one that is not there is empty."""
    try:
        return read(path.read_bytes())
    except FileNotFoundError:
        return ()


@dataclass
class Writer:
    """What every line of one run carries; `seq` is the number of the last line written."""

    run: str
    fence: int
    seq: int = 0


class Journal:
    """The open journal; only the holder of the lock writes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._boot_id = boot_id()
        is_new = not path.exists()
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        self._descriptor = os.open(path, flags, 0o600)
        if is_new:
            fsync_folder(path.parent)
        size = os.fstat(self._descriptor).st_size
        self._torn = size > 0 and os.pread(self._descriptor, 1, size - 1) != b"\n"

    def write(self, by: Writer, event: str, **data: object) -> Record:
        """Add a line and return when it is on disk; raises OSError."""
        record = self.note(by, event, **data)
        os.fdatasync(self._descriptor)
        return record

    def note(self, by: Writer, event: str, **data: object) -> Record:
        """Add a line that need not be on disk yet; raises OSError."""
        record: Record = {
            **data,
            "schema": SCHEMA,
            "run": by.run,
            "seq": by.seq + 1,
            "fence": by.fence,
            "event": event,
            "time": round(time.time(), 3),
            "boot_id": self._boot_id,
            "monotonic": round(time.monotonic(), 3),
        }
        self._append(encode(record))
        by.seq += 1
        return record

    def keep_ballast(self) -> None:
        """Hold some disk space back, if there is any to spare."""
        ballast = self._ballast
        if ballast.exists():
            return
        descriptor = os.open(ballast, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            with contextlib.suppress(OSError):
                os.posix_fallocate(descriptor, 0, BALLAST)
        finally:
            os.close(descriptor)

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    @property
    def _ballast(self) -> Path:
        return self._path.with_name("ballast")

    def _append(self, line: bytes) -> None:
        try:
            self._put(line)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT) or not self._ballast.exists():
                raise
            self._ballast.unlink()
            self._put(line)

    def _put(self, line: bytes) -> None:
        whole = b"\n" + line if self._torn else line
        self._torn = True  # until all of it is there
        rest = whole
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
        self._torn = False


def _checksum(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest()[:_DIGITS].encode()


def _decode(line: bytes) -> Record | None:
    text, tab, checksum = line.rpartition(b"\t")
    if not tab or checksum != _checksum(text):
        return None
    try:
        record = json.loads(text)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None
