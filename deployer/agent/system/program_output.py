"""The pipes of a running program: feed its stdin, read what it prints, keep a bounded part."""

from __future__ import annotations

import os
import selectors
import subprocess
from collections import deque
from collections.abc import Callable
from typing import IO

from deployer.agent.text.clean_text import clean

LINES = 200
"""So many last lines are kept."""
STREAMED = 5000
"""So many lines go to the controller as they come; the rest only counts for the last lines."""
STDOUT = 1024 * 1024
"""So many bytes of stdout are kept."""
_PIECE = 65536


class Output:
    """Reads both output pipes and writes stdin, without threads; never blocks for long."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        stdin: bytes,
        line: Callable[[str], None] | None,
        redact: Callable[[str], str] = str,
    ) -> None:
        self._line = line
        self._redact = redact
        self._recent: deque[str] = deque(maxlen=LINES)
        self._streamed = 0
        self._stdout = bytearray()
        self.cut = False
        self._stdin = memoryview(stdin)
        self._selector = selectors.DefaultSelector()
        self._torn: dict[IO[bytes], bytes] = {}
        self._endless: set[IO[bytes]] = set()
        self._pipes = [pipe for pipe in (process.stdout, process.stderr) if pipe]
        for pipe in self._pipes:
            self._torn[pipe] = b""
            self._selector.register(pipe, selectors.EVENT_READ)
        self._keep = process.stdout
        if process.stdin:
            self._pipes.append(process.stdin)
            os.set_blocking(process.stdin.fileno(), False)
            self._selector.register(process.stdin, selectors.EVENT_WRITE)

    @property
    def is_open(self) -> bool:
        """Whether the program may still print."""
        return bool(self._torn)

    @property
    def has_pipes(self) -> bool:
        """Whether there is anything left to read or to write."""
        return bool(self._selector.get_map())

    @property
    def lines(self) -> tuple[str, ...]:
        """The last lines of both streams."""
        return tuple(self._recent)

    @property
    def stdout(self) -> bytes:
        """The first part of stdout."""
        return bytes(self._stdout)

    def pump(self, seconds: float) -> bool:
        """Wait for the pipes at most so long, move what can be moved; tell whether any was."""
        ready = self._selector.select(seconds)
        for key, mask in ready:
            pipe: IO[bytes] = key.fileobj  # type: ignore[assignment]  # only pipes were registered
            if mask & selectors.EVENT_WRITE:
                self._feed(pipe)
            else:
                self._read(pipe)
        return bool(ready)

    def close(self) -> None:
        """Close the pipes and count a last line without an end."""
        for pipe in list(self._torn):
            self._finish(pipe)
        self._selector.close()
        for pipe in self._pipes:
            if not pipe.closed:
                pipe.close()

    def _feed(self, pipe: IO[bytes]) -> None:
        try:
            self._stdin = self._stdin[os.write(pipe.fileno(), self._stdin[:_PIECE]) :]
        except BlockingIOError:
            return
        except OSError:  # it closed its stdin, which is its right
            self._stdin = memoryview(b"")
        if not self._stdin:
            self._selector.unregister(pipe)
            os.set_blocking(pipe.fileno(), True)
            pipe.close()

    def _read(self, pipe: IO[bytes]) -> None:
        piece = os.read(pipe.fileno(), _PIECE)
        if not piece:
            self._selector.unregister(pipe)
            self._finish(pipe)
            return
        if pipe is self._keep:
            room = STDOUT - len(self._stdout)
            self._stdout += piece[:room]
            self.cut = self.cut or len(piece) > room
        *whole, torn = (self._torn[pipe] + piece).replace(b"\r", b"\n").split(b"\n")
        if pipe in self._endless and whole:
            self._endless.discard(pipe)
            del whole[0]
        for line in whole:
            self._show(line)
        if len(torn) > _PIECE:
            # What is shown is its beginning. The rest is dropped: it may begin in a secret.
            if pipe not in self._endless:
                self._show(torn)
            self._endless.add(pipe)
            torn = b""
        self._torn[pipe] = torn

    def _finish(self, pipe: IO[bytes]) -> None:
        torn = self._torn.pop(pipe)
        if pipe not in self._endless:
            self._show(torn)

    def _show(self, raw: bytes) -> None:
        # Before the line is cut: half of a secret would not be found.
        text = clean(self._redact(raw.decode("utf-8", "replace")))
        if not text:
            return
        self._recent.append(text)
        self._streamed += 1
        if self._line and self._streamed <= STREAMED:
            self._line(text)
        elif self._line and self._streamed == STREAMED + 1:
            self._line("… (more lines follow; they are not shown)")
