"""A run that is done and waits for its confirm, which must come over another connection.

Whoever can reach the host anew proves by that alone that the release has not cut it off. So the
connection that brought the release does not count, and its loss changes nothing any more.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from deployer.agent.disk.files import make_private
from deployer.agent.talk.frames import Reader, WrongFrame, encode
from deployer.agent.talk.mailbox import Letter
from deployer.agent.text import grammar

SHORTEST, LONGEST = 0.1, 3600.0
_PATIENCE = 5.0
"""Seconds that a front may take to say what it wants: it says it at once."""


def confirm_socket(sockets: Path, app: str, run: str) -> Path:
    """Give the socket on which a run waits for its confirm."""
    return sockets / f"{app}-{run}.confirm"


@dataclass(frozen=True)
class Proposal:
    """How long to wait, in seconds, and of which fleet this host is a part."""

    deadline: float
    host: str
    leader: str
    fleet: tuple[str, ...]

    @property
    def fields(self) -> dict[str, object]:
        """The same for the journal."""
        return {"host": self.host, "leader": self.leader, "fleet": list(self.fleet)}


def proposal(message: Mapping[str, object]) -> Proposal:
    """Read the message that proposes; raises WrongWord."""
    seconds = message.get("deadline")
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        raise grammar.WrongWord("the deadline of a proposal is not a number")
    fleet = message.get("fleet")
    names = tuple(grammar.host_name(one) for one in fleet) if isinstance(fleet, list) else ()
    host, leader = grammar.host_name(message.get("host")), grammar.host_name(message.get("leader"))
    if host not in names or leader not in names:
        raise grammar.WrongWord("a proposal names hosts that are not of its fleet")
    return Proposal(min(max(float(seconds), SHORTEST), LONGEST), host, leader, names)


class Awaiting:
    """Listens for the confirm, for root only; each one is delivered with a way to answer it."""

    def __init__(self, path: Path, deadline: float, deliver: Callable[[Letter], None]) -> None:
        self._path = path
        self._deliver = deliver
        self._ends = time.monotonic() + deadline
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._bind()
        except OSError:
            self._listener.close()
            raise
        Thread(target=self._listen, daemon=True).start()

    @property
    def left(self) -> float:
        """Seconds until it is too late; the wall clock has no say in it."""
        return max(0.0, self._ends - time.monotonic())

    def close(self) -> None:
        """Listen no more: whoever comes now reads the journal."""
        with contextlib.suppress(OSError):
            self._path.unlink()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # a plain close would not end `accept`
        self._listener.close()

    def _bind(self) -> None:
        make_private(self._path.parent)
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()
        self._listener.bind(str(self._path))
        self._path.chmod(0o600)
        self._listener.listen(8)

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._take(connection)

    def _take(self, connection: socket.socket) -> None:
        connection.settimeout(_PATIENCE)
        try:
            found = Reader(connection.recv).message()
        except (OSError, WrongFrame):
            found = None
        if found is None:
            connection.close()
            return
        self._deliver(Letter(found[0], reply=lambda event: _answer(connection, event)))


def _answer(connection: socket.socket, event: Mapping[str, object]) -> None:
    with contextlib.suppress(OSError), connection:  # who has gone reads the journal later
        connection.sendall(encode(event))
