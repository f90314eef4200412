"""Tell a host again and again that we are here, however busy or patient we are."""

import threading
import time
from collections.abc import Callable

from deployer.transport.streams import Stream

BEAT = b'{"verb":"beat"}\n'

EVERY = 2.0
"""Seconds between two beats."""

UNHEARD = 4.5
"""Seconds of silence after which we stop to beat, so that the host notices too.

The host ticks every 2 s. If only its words are lost on the way, it would hear us for ever.
"""

LATE = 1.0
"""Seconds after which a beat that is due says that we were stopped, or starved, ourselves."""

SILENCE = 12.0
"""Seconds without a word after which a host that ticks counts as lost."""

STALLED = 60.0
"""The same for a host whose TCP still acknowledges: it lives, but its programs do not run."""


class Pulse:
    """A thread that beats until `stop`, or until the stream is gone."""

    def __init__(
        self,
        stream: Stream,
        sending: threading.Lock,
        every: float = EVERY,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream
        self._sending = sending
        self._every = every
        self._now = now
        self._ended = threading.Event()

    def start(self) -> None:
        """Beat from now on."""
        threading.Thread(target=self._work, daemon=True, name="pulse").start()

    def stop(self) -> None:
        """Beat no more."""
        self._ended.set()

    def _work(self) -> None:
        slept = self._now()
        while not self._ended.wait(self._every):
            woke = self._now()
            # Who could not run has not listened either: only the next silence means something.
            is_late = woke - slept > self._every + LATE
            slept = woke
            if (is_late or self._stream.silence() < UNHEARD) and not self._beat():
                return

    def _beat(self) -> bool:
        # A message under way says as much as a beat, and must not be cut in two.
        if not self._sending.acquire(blocking=False):
            return True
        try:
            self._stream.write(BEAT)
        except (OSError, EOFError):
            return False  # whoever waits for an answer meets the same trouble
        finally:
            self._sending.release()
        return True
