"""Pass bytes between the controller (stdin, stdout) and a worker (a socket), both ways at once."""

from __future__ import annotations

import os
import select
import selectors
import socket
from dataclasses import dataclass

from deployer.agent.talk.pulse import TICK, Pulse

_PIECE = 256 * 1024
_ENOUGH = 1024 * 1024
_TAIL = 64 * 1024
REFUSED = b'{"event":"refused"'
"""How the line begins with which a worker ends that has not begun its run."""


@dataclass
class Relayed:
    """How it ended: what the worker said last, and what it did not take any more."""

    last_line: bytes = b""
    untaken: bytes = b""


class Relay:
    """Ends when the worker has closed its side and all it said is passed on.

    A controller that `beats` and then falls silent is lost: the worker is told that nothing more
    will come, and puts back. What comes after a worker has refused to begin is not for it.
    """

    def __init__(
        self, stdin: int, stdout: int, worker: socket.socket, first: bytes, *, beats: bool = False
    ) -> None:
        self.pulse = Pulse(beats=beats)
        self._stdin = stdin
        self._stdout = stdout
        self._worker = worker
        self._to_worker = bytearray(first)
        self._to_controller = bytearray()
        self._tail = b""
        self._stdin_open = True
        self._stdout_open = True
        self._worker_open = True
        self._told_end = False
        self._answered = False
        self._refused = False

    def run(self) -> Relayed:
        """Pass bytes until the end."""
        self._worker.settimeout(0)
        while self._worker_open or (self._to_controller and self._stdout_open):
            for descriptor, events in self._wait():
                self._move(descriptor, events)
            self._feel_pulse()
            self._pass_end_on()
        lines = self._tail.rstrip(b"\n").rsplit(b"\n", 1)
        return Relayed(lines[-1], bytes(self._to_worker))

    def _feel_pulse(self) -> None:
        self.pulse.looked()
        if self.pulse.is_quiet:
            self._to_controller += TICK if self._is_between_lines else b""
            self.pulse.told()
        if not self._listens:
            self.pulse.heard()
        elif self.pulse.is_lost:
            self._stdin_open = False
            self._give_up_controller()

    def _give_up_controller(self) -> None:
        self._stdout_open = False
        self._to_controller.clear()

    @property
    def _listens(self) -> bool:
        return self._stdin_open and self._worker_open and len(self._to_worker) < _ENOUGH

    @property
    def _is_between_lines(self) -> bool:
        whole = not self._tail or self._tail.endswith(b"\n")
        return whole and self._stdout_open and not self._to_controller

    def _wait(self) -> list[tuple[int, int]]:
        with selectors.PollSelector() as selector:
            for descriptor, mask in self._wanted().items():
                if mask:
                    selector.register(descriptor, mask)
            return [(key.fd, ready) for key, ready in selector.select(self.pulse.pause)]

    def _wanted(self) -> dict[int, int]:
        tell = self._stdout_open and bool(self._to_controller)
        worker = 0
        if self._worker_open and len(self._to_controller) < _ENOUGH:
            worker |= selectors.EVENT_READ
        if self._worker_open and self._to_worker and not self._refused:
            worker |= selectors.EVENT_WRITE
        return {
            self._stdin: selectors.EVENT_READ if self._listens else 0,
            self._stdout: selectors.EVENT_WRITE if tell else 0,
            self._worker.fileno(): worker,
        }

    def _move(self, descriptor: int, ready: int) -> None:
        if descriptor == self._stdin:
            self._read_controller()
        elif descriptor == self._stdout:
            self._write_controller()
        else:
            if ready & selectors.EVENT_READ:
                self._read_worker()
            if ready & selectors.EVENT_WRITE:
                self._write_worker()

    def _read_controller(self) -> None:
        piece = os.read(self._stdin, _PIECE)
        self.pulse.heard()
        self._to_worker += piece
        self._stdin_open = bool(piece)

    def _write_controller(self) -> None:
        # At most PIPE_BUF bytes: so much is promised not to block (pipe(7)).
        try:
            written = os.write(self._stdout, self._to_controller[: select.PIPE_BUF])
        except OSError:
            self._stdin_open = False
            self._give_up_controller()
        else:
            self.pulse.told()
            del self._to_controller[:written]

    def _read_worker(self) -> None:
        try:
            piece = self._worker.recv(_PIECE)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        self._worker_open = bool(piece)
        self._tail = (self._tail + piece)[-_TAIL:]
        if not self._answered and b"\n" in self._tail:
            self._answered = True
            self._refused = self._tail.startswith(REFUSED)
        if self._stdout_open:
            self._to_controller += piece

    def _write_worker(self) -> None:
        try:
            sent = self._worker.send(self._to_worker[:_PIECE])
        except BlockingIOError:
            return
        except OSError:
            return  # it has gone; reading will tell
        del self._to_worker[:sent]

    def _pass_end_on(self) -> None:
        if self._stdin_open or self._told_end or self._to_worker or not self._worker_open:
            return
        self._told_end = True
        try:
            self._worker.shutdown(socket.SHUT_WR)
        except OSError:
            self._worker_open = False
