"""A bounded client that knocks like users do while something changes, and counts what they see."""

import http.client
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

_LONGEST = 600.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What users saw: answers by status, failures by kind, the slowest answer in seconds."""

    asked: int
    statuses: dict[int, int]
    failures: dict[str, int]
    slowest: float
    bodies: dict[str, int] = field(default_factory=dict)

    @property
    def lost(self) -> int:
        """Requests that did not get a status below 400."""
        refused = sum(count for status, count in self.statuses.items() if status >= 400)  # noqa: PLR2004  errors begin there
        return refused + sum(self.failures.values())

    def __str__(self) -> str:
        return f"{self.asked} requests, {self.lost} lost, slowest {self.slowest * 1000:.0f} ms"


class Traffic:
    """Requests at a steady pace from some threads, each on a new connection.

    `with Traffic("198.18.7.11", "shop.lab.test", rate=40) as traffic: …`, then `traffic.seen`.
    It ends by itself after ten minutes.
    """

    def __init__(  # noqa: PLR0913  each is a plain choice of a load
        self,
        address: str,
        host: str,
        *,
        paths: Sequence[str] = ("/",),
        rate: float = 40.0,
        threads: int = 4,
        port: int = 80,
        mark: str = "",
    ) -> None:
        self._address, self._host, self._port = address, host, port
        self._paths, self._mark = tuple(paths), mark
        self._pause = threads / rate
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._statuses: Counter[int] = Counter()
        self._failures: Counter[str] = Counter()
        self._bodies: Counter[str] = Counter()
        self._slowest = 0.0
        self._threads = [
            threading.Thread(target=self._knock, args=(number,), daemon=True)
            for number in range(threads)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30.0)

    @property
    def seen(self) -> Seen:
        """What was seen so far."""
        with self._lock:
            asked = sum(self._statuses.values()) + sum(self._failures.values())
            return Seen(
                asked,
                dict(self._statuses),
                dict(self._failures),
                self._slowest,
                dict(self._bodies),
            )

    def _knock(self, number: int) -> None:
        ends = time.monotonic() + _LONGEST
        turn = number
        due = time.monotonic() + self._pause * number / max(1, len(self._threads))
        while not self._stop.wait(max(0.0, due - time.monotonic())) and time.monotonic() < ends:
            self._ask(self._paths[turn % len(self._paths)], due)
            turn += 1
            due = max(due + self._pause, time.monotonic() - 1.0)

    def _ask(self, path: str, due: float) -> None:
        connection = http.client.HTTPConnection(self._address, self._port, timeout=30)
        try:
            connection.request("GET", path, headers={"Host": self._host, "Connection": "close"})
            answer = connection.getresponse()
            body = answer.read().decode(errors="replace")
            outcome: int | str = answer.status
        except (OSError, http.client.HTTPException) as error:
            body, outcome = "", type(error).__name__
        finally:
            connection.close()
        with self._lock:
            self._slowest = max(self._slowest, time.monotonic() - due)
            self._count(outcome, body)

    def _count(self, outcome: int | str, body: str) -> None:
        if isinstance(outcome, str):
            self._failures[outcome] += 1
            return
        self._statuses[outcome] += 1
        if self._mark and self._mark in body:
            rest = body.partition(self._mark)[2]
            self._bodies[rest.partition("<")[0][:40]] += 1
