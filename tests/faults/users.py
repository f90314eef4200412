"""Users of the app during a case: they read, they write, and they remember every answer."""

import ctypes
import http.client
import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from deployer.lab.machine import wait_until
from tests.faults.tiny import HOST_NAME

PAUSE = 0.06
PATIENCE = 20.0
CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: when it was asked for, when it came, by which release; "" if none came."""

    asked: float
    came: float
    release: str = ""
    revision: str = ""
    whole: bool = False
    problem: str = ""


class Users:
    """One reader and writer, by the web server's front door, each time on a new connection.

    They come in by the host's own loopback, so that a cut link does not hide the app from them.
    """

    def __init__(self, leader: Callable[[], int], name: str) -> None:
        self._leader_now, self._name = leader, name
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._knock, daemon=True)
        self._leader = 0
        self.answers: list[Answer] = []
        self.sent: set[str] = set()
        self.acknowledged: set[str] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(PATIENCE + 5)

    def lost(self, start: float, end: float) -> list[Answer]:
        """Give the requests between two moments that got no good answer."""
        return [one for one in tuple(self.answers) if one.problem and start <= one.asked <= end]

    def served_after(self, moment: float, seconds: float) -> float:
        """Wait for a good answer to a question asked after a moment; gives when it was asked."""
        first: list[float] = []

        def is_served() -> bool:
            later = (one for one in tuple(self.answers) if one.asked > moment and not one.problem)
            first.extend(one.asked for one in later)
            return bool(first)

        wait_until(is_served, seconds=seconds)
        return first[0] if first else 0.0

    def asked(self, start: float, end: float) -> int:
        """Count the requests between two moments."""
        return sum(start <= one.asked <= end for one in tuple(self.answers))

    def _knock(self) -> None:
        number = 0
        while not self._stop.wait(PAUSE):
            number += 1
            row = f"{self._name}-{number:05d}" if number % 3 == 0 else ""
            self._ask(row)

    def _ask(self, row: str) -> None:
        asked = time.monotonic()
        if row:
            self.sent.add(row)
        try:
            self._enter()
            found = self._answer("POST" if row else "GET", f"/rows/{row}" if row else "/")
        except (OSError, http.client.HTTPException, ValueError) as error:
            problem = f"{type(error).__name__}: {error}"
            self.answers.append(Answer(asked, time.monotonic(), problem=problem))
            return
        if row:
            self.acknowledged.add(row)
        self.answers.append(
            Answer(
                asked,
                time.monotonic(),
                str(found["release"]),
                str(found["revision"]),
                whole=bool(found["whole"]),
            )
        )

    def _answer(self, method: str, path: str) -> dict[str, object]:
        connection = http.client.HTTPConnection("127.0.0.1", 80, timeout=PATIENCE)
        try:
            connection.request(method, path, headers={"Host": HOST_NAME, "Connection": "close"})
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        if answer.status >= 400:
            raise ValueError(f"{answer.status} {body[:200]!r}")
        found = json.loads(body)
        assert isinstance(found, dict)
        return found

    def _enter(self) -> None:
        """Move this thread into the host's network; after a boot that is another one."""
        leader = self._leader_now()
        if not leader:
            raise ConnectionError("the host is off")
        if leader == self._leader:
            return
        descriptor = os.open(f"/proc/{leader}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            if LIBC.setns(descriptor, CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
        finally:
            os.close(descriptor)
        self._leader = leader
