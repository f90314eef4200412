"""The journal of an app: written before anything is done, read after a crash.

A line is a JSON object, a tab, 16 hex digits of its sha256 and a newline. It is on disk when
`write` returns. One by `note` is on disk when the next `write` returns, soon enough for what
only tells the story: recovery undoes a started step whether or not it was done.

fdatasync(2) is enough: it also flushes the new size of the file, which is needed to read the
line back, and leaves out only the times. The file's name is made durable when it is created.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from deployer.agent.disk.ballast import Ballast
from deployer.agent.disk.files import fsync_folder
from deployer.agent.talk.hello import boot_id

NAME = "journal"
SCHEMA = 1
_DIGITS = 16
_FLAGS = os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
Record = dict[str, object]


def encode(record: Mapping[str, object]) -> bytes:
    """Give the line that holds a record."""
    text = json.dumps(record, separators=(",", ":"), sort_keys=True).encode()
    return text + b"\t" + _checksum(text) + b"\n"


def read(content: bytes) -> tuple[Record, ...]:
    """Give the records that are whole; torn, damaged and repeated lines are left out."""
    return tuple(record for _, record in lines(content))


def lines(content: bytes) -> Iterator[tuple[bytes, Record]]:
    """Give the lines that are whole, each once, as they are and as records."""
    seen: set[tuple[str, str]] = set()
    for line in content.split(b"\n"):
        record = _decode(line)
        if record is None:
            continue
        key = (str(record.get("run")), str(record.get("seq")))
        if key not in seen:
            seen.add(key)
            yield line, record


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
    """The open journal; only the holder of the lock writes.

    On a read-only disk it opens too, so that a recovery can put processes right; `write` raises.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._boot_id = boot_id()
        self._ballast = Ballast((path.with_name("ballast"),))
        is_new = not path.exists()
        self._descriptor = _opened(path)
        self.is_read_only = fcntl.fcntl(self._descriptor, fcntl.F_GETFL) & os.O_ACCMODE == 0
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

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def _append(self, line: bytes) -> None:
        try:
            self._put(line)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT) or not self._ballast.give_up():
                raise
            self._put(line)

    def _put(self, line: bytes) -> None:
        whole = b"\n" + line if self._torn else line
        self._torn = True  # until all of it is there
        rest = whole
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
        self._torn = False


def _opened(path: Path) -> int:
    """Open it to write; on a disk that takes nothing any more only to read, for the recovery."""
    try:
        return os.open(path, _FLAGS | os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        if error.errno != errno.EROFS:
            raise
        return os.open(path, _FLAGS | os.O_RDONLY)


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
