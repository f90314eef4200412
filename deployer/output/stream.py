"""Where lines go: straight to the file descriptor, whatever its encoding, until nobody reads."""

import os
import select
from collections.abc import Callable
from io import UnsupportedOperation
from typing import TextIO

_SECONDS_TO_WAIT = 60.0


class Stream:
    """Writes whole lines at once; goes quiet for good when the reader has left (`| head`).

    It bypasses Python's buffer: a thread that hangs in a write then holds no lock that the
    interpreter needs at exit, and nothing is left to be flushed into a broken pipe (exit 120).
    """

    def __init__(self, file: TextIO | None) -> None:
        self._file = file  # None when the descriptor was closed before we began (`>&-`)

    def line(self, text: str) -> None:
        """Write one line; signs that the encoding lacks are written as numbers."""
        if self._file is None:
            return
        try:
            self._write(self._file, text + "\n")
        except (BrokenPipeError, ValueError):  # ValueError: the file object was closed
            self._file = None

    def _write(self, file: TextIO, text: str) -> None:
        encoding = file.encoding or "utf-8"  # an io.StringIO has none
        content = text.encode(encoding, "backslashreplace")
        descriptor = _descriptor(file)
        if descriptor is None:
            file.write(content.decode(encoding))
            return
        file.flush()
        _write_all(content, lambda rest: os.write(descriptor, rest), descriptor)


def _descriptor(file: TextIO) -> int | None:
    try:
        return file.fileno()
    except (UnsupportedOperation, AttributeError):
        return None


def _write_all(content: bytes, write: Callable[[bytes], int], descriptor: int) -> None:
    while content:
        try:
            content = content[write(content) :]
        except BlockingIOError:  # another program of the terminal set O_NONBLOCK
            if not select.select([], [descriptor], [], _SECONDS_TO_WAIT)[1]:
                raise
