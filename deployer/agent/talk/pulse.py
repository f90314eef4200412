"""Notice a controller that has gone without a word: a half-open link, a laptop that was shut.

Both sides speak every few seconds while a run is open. TCP alone would take a quarter of an hour
to tell a silent peer from a dead one (tcp(7), `tcp_retries2`).
"""

from __future__ import annotations

import time
from collections.abc import Callable

TICK = b'{"event":"tick"}\n'
QUIET = 15.0
"""After so many silent seconds a tick is sent: TCP notices a dead link only by sending."""
EVERY = 2.0
"""Seconds between ticks for a controller that beats."""
LIMIT = 10.0
"""Seconds without a byte after which a controller that beats counts as lost."""


class Pulse:
    """When we spoke last, and when we heard the other side last."""

    def __init__(self, *, beats: bool, now: Callable[[], float] = time.monotonic) -> None:
        self.quiet = EVERY if beats else QUIET
        self.limit = LIMIT if beats else 0.0
        self._now = now
        self._told = self._heard = self._looked = now()

    def told(self) -> None:
        """Note that we spoke."""
        self._told = self._now()

    def heard(self) -> None:
        """Note that we heard the other side, or could not listen."""
        self._heard = self._now()

    def looked(self) -> None:
        """Note that we look around; time in which we could not, stopped or starved, is no silence.

        We mean to look again after at most `quiet` seconds.
        """
        now = self._now()
        self._heard = min(now, self._heard + max(0.0, now - self._looked - self.quiet))
        self._looked = now

    @property
    def is_quiet(self) -> bool:
        """Whether it is time for us to say something."""
        return self._now() - self._told >= self.quiet

    @property
    def is_lost(self) -> bool:
        """Whether the other side was silent for too long; never for one that does not beat."""
        return self.limit > 0 and self._now() - self._heard >= self.limit

    @property
    def pause(self) -> float:
        """Seconds until something may be due."""
        now = self._now()
        due = [self._told + self.quiet - now]
        if self.limit > 0:
            due.append(self._heard + self.limit - now)
        return max(0.05, min(due))
