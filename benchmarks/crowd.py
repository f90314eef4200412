"""A crowd of users at a pace that no answer changes, and all that they saw."""

import http.client
import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Self

from tests.lab.streams import as_a_browser, events, talk, upload

LONGEST = 3600.0
LATEST = 10.0
"""A user who is later than this asks no more to catch up: the machine is full, not the app."""
_TALK = 2.5
SHORT = ("GET", "POST", "GET, kept alive", "POST, kept alive")


@dataclass(frozen=True, slots=True)
class Visit:
    """One request or long talk: when it was due and when it ended; "" for no problem."""

    kind: str
    due: float
    ended: float
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """What users saw in a while; times in seconds, of short requests, from when they were due."""

    asked: int
    failed: int
    problems: dict[str, int]
    kinds: dict[str, int]
    p50: float
    p99: float
    slowest: float
    silence: float
    asked_anew: int

    def row(self) -> dict[str, object]:
        """Give it as a part of a line of the results."""
        return asdict(self)

    def __str__(self) -> str:
        times = f"p99 {self.p99 * 1000:.0f} ms, slowest {self.slowest:.1f} s"
        return f"{self.asked} asked, {self.failed} failed, {times}, silence {self.silence:.1f} s"


class Crowd:
    """Short requests at `rate` a second, half of them on kept connections, and three long talks.

    A third of the short ones are POSTs. A kept connection is used as browsers do it: not one that
    was closed while it was idle, and a GET is asked anew when the closing crossed it; both are
    counted, and no failure. A POST is never asked anew.
    """

    def __init__(self, address: str, *, rate: float, threads: int = 24) -> None:
        self._address, self._period = address, threads / rate
        self._stop = threading.Event()
        self.visits: list[Visit] = []
        self._anew: list[float] = []
        began = time.monotonic()
        shorts = [
            threading.Thread(target=self._short, args=(began, number, threads), daemon=True)
            for number in range(threads)
        ]
        longs = [
            threading.Thread(target=self._long, args=(kind, work), daemon=True)
            for kind, work in self._talks().items()
        ]
        self._threads = [*shorts, *longs]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(90.0)

    def seen(self, since: float = 0.0) -> Figures:
        """Sum up what was due since a moment."""
        visits = [one for one in tuple(self.visits) if one.due >= since]
        short = [one for one in visits if one.kind in SHORT]
        took = sorted(one.ended - one.due for one in short) or [0.0]
        good = sorted(one.ended for one in short if not one.problem)
        gaps = (after - before for before, after in itertools.pairwise(good))
        problems = Counter(f"{one.kind}: {one.problem}" for one in visits if one.problem)
        return Figures(
            asked=len(visits),
            failed=problems.total(),
            problems=dict(problems),
            kinds=dict(Counter(one.kind for one in visits)),
            p50=took[len(took) // 2],
            p99=took[len(took) * 99 // 100],
            slowest=took[-1],
            silence=max(gaps, default=0.0),
            asked_anew=sum(moment >= since for moment in tuple(self._anew)),
        )

    def _short(self, began: float, number: int, threads: int) -> None:
        keep_alive = number % 2 == 0
        link = http.client.HTTPConnection(self._address, timeout=60)
        due = began + self._period * number / threads
        for turn in itertools.count(number):
            if self._stop.wait(max(0.0, due - time.monotonic())) or due - began > LONGEST:
                break
            method = "POST" if turn % 3 == 0 else "GET"
            problem = self._ask(link, method, keep_alive=keep_alive)
            kind = f"{method}, kept alive" if keep_alive else method
            self.visits.append(Visit(kind, due, time.monotonic(), problem))
            due = max(due + self._period, time.monotonic() - LATEST)
        link.close()

    def _ask(self, link: http.client.HTTPConnection, method: str, *, keep_alive: bool) -> str:
        got = as_a_browser(link, method, keep_alive=keep_alive)
        if got.is_anew:
            self._anew.append(time.monotonic())
        return got.problem

    def _talks(self) -> dict[str, Callable[[], bool]]:
        address = self._address
        return {
            "slow upload": lambda: int(upload(address, 20, 0.1)["got"]) == 20_000,
            "server-sent events": lambda: len(events(address, 20, 0.1)) == 20,
            "websocket": lambda: len(talk(address, 20, 0.1)) == 20,
        }

    def _long(self, kind: str, work: Callable[[], bool]) -> None:
        due = time.monotonic()
        while not self._stop.wait(max(0.0, due - time.monotonic())):
            due, problem = time.monotonic(), "cut off"
            try:
                problem = "" if work() else problem
            except (OSError, http.client.HTTPException, AssertionError, ValueError) as error:
                problem = type(error).__name__
            self.visits.append(Visit(kind, due, time.monotonic(), problem))
            due += _TALK
