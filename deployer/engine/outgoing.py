"""Our words to one host: whole messages, and a cancel that never falls into the middle of one."""

import threading
from collections.abc import Sequence
from contextlib import suppress

from deployer.core.transport import Channel, Message
from deployer.errors import HostError


class Outgoing:
    """Sends from one thread; `cancel` may come from a signal handler and from another thread."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._sending = threading.Lock()
        self._cancelled = False

    def send(self, message: Message, blobs: Sequence[bytes] = ()) -> None:
        """Send a message with its blobs; raises ConnectionLost."""
        with self._sending:
            self._channel.send(message, blobs)
        if self._cancelled:
            self.cancel()

    def cancel(self) -> None:
        """Ask the host to stop what it is doing, now or when the message under way is out."""
        self._cancelled = True
        if self._sending.acquire(blocking=False):
            try:
                self._send_cancel()
            finally:
                self._sending.release()

    def _send_cancel(self) -> None:
        if not self._cancelled:
            return
        self._cancelled = False
        with suppress(HostError):  # whoever waits for an answer meets the same trouble
            self._channel.send({"verb": "cancel"})
