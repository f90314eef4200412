"""Keeps the number of unauthenticated connects to one address below what its sshd bears."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

WIDTH = 8
"""sshd's default MaxStartups 10:30:100 starts to drop connects beyond 10."""


class Gate:
    """Lets a few in at a time, and fewer after the host has turned somebody away."""

    def __init__(self, width: int = WIDTH) -> None:
        self._width = width
        self._inside = 0
        self._changed = threading.Condition()

    @contextmanager
    def passage(self) -> Iterator[None]:
        """Wait for a place, and hold it until the end of the block."""
        with self._changed:
            self._changed.wait_for(lambda: self._inside < self._width)
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    def narrow(self) -> None:
        """Halve the width: the host refused a connect before authentication."""
        with self._changed:
            self._width = max(1, self._width // 2)


class Gates:
    """One gate for each address and port."""

    def __init__(self) -> None:
        self._gates: dict[tuple[str, int], Gate] = {}
        self._lock = threading.Lock()

    def at(self, address: str, port: int) -> Gate:
        """Give the gate of an address."""
        with self._lock:
            return self._gates.setdefault((address, port), Gate())
