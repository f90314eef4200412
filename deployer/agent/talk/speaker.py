"""Send events to the other side; one that is gone is noticed and then ignored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Lock

from deployer.agent.talk.frames import encode


class Speaker:
    """Sends whole lines, from any thread; `lost` is called once, when nobody listens any more."""

    def __init__(self, send: Callable[[bytes], None], lost: Callable[[], None]) -> None:
        self._send = send
        self._lost = lost
        self._lock = Lock()
        self._gone = False

    def __call__(self, event: Mapping[str, object]) -> None:
        """Send one event."""
        line = encode(event)
        with self._lock:
            if self._gone:
                return
            try:
                self._send(line)
            except OSError:
                self._gone = True
        if self._gone:
            self._lost()
