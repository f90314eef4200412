"""Lines that programs on hosts print: as they are from one host, with its name from several."""

import threading
from typing import TextIO

from deployer.core.clock import Clock
from deployer.core.event import OutputLine
from deployer.output.choose import Output
from deployer.output.jsonl import Jsonl
from deployer.output.stream import Stream
from deployer.output.text import harmless


class HostLines:
    """Writes lines from the threads of several hosts, whole ones; as JSON one object a line."""

    def __init__(
        self, output: Output, stdout: TextIO | None, clock: Clock, *, name: str, hosts: int
    ) -> None:
        self._stream = Stream(stdout)
        self._jsonl = Jsonl(self._stream, clock) if output == Output.JSON else None
        self._name = name
        self._with_host = hosts > 1
        self._lock = threading.Lock()
        self.none_yet = True

    def write(self, host: str, line: str) -> None:
        """Write one line of one host."""
        with self._lock:
            self.none_yet = False
            if self._jsonl is not None:
                self._jsonl(OutputLine(host, self._name, line))
            else:
                self._stream.line(harmless(f"{host} | {line}" if self._with_host else line))
