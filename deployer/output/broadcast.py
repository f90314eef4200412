"""Brings events from the threads of the hosts to the sinks: one queue, one thread, no locks."""

import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Protocol, runtime_checkable

from deployer.core.event import Emit, Event

_PATIENCE = 60.0
_TICK = 0.1


class Sink(Protocol):
    """Shows events; every `Emit` is one, it may also be `Closing` and `Ticking`."""

    def __call__(self, event: Event, /) -> None:
        """Show an event."""
        ...


@runtime_checkable
class Closing(Protocol):
    """A sink that wants to know when no more events will come."""

    def close(self) -> None:
        """Write what is left, put the terminal back."""
        ...


@runtime_checkable
class Ticking(Protocol):
    """A sink that shows time passing."""

    def tick(self) -> None:
        """Called about ten times a second between events."""
        ...


class Broadcast:
    """Runs sinks in a thread of its own: `with Broadcast(sinks) as emit:`.

    The promise: emitting never waits and never raises, whatever a sink does. A sink that raises
    is reported once on stderr and dropped. Leaving the block waits until all was written, at most
    `patience` seconds (a reader may have stopped reading).
    """

    def __init__(self, sinks: Sequence[Sink], *, patience: float = _PATIENCE) -> None:
        self._sinks = list(sinks)
        # Asked once: to compare with a protocol takes longer than to show an event.
        self._ticks = [(sink, sink.tick) for sink in sinks if isinstance(sink, Ticking)]
        self._patience = patience
        self._queue: SimpleQueue[Event | None] = SimpleQueue()  # put() is safe in signal handlers
        # A daemon, so that a sink that hangs cannot keep the process from ending.
        self._thread = threading.Thread(target=self._work, name="output", daemon=True)

    def __enter__(self) -> Emit:
        """Start the thread; give the function that takes events from any thread."""
        self._thread.start()
        return self._queue.put

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let the sinks finish and close."""
        self._queue.put(None)
        self._thread.join(self._patience)

    def _work(self) -> None:
        while True:
            try:
                event = self._queue.get(timeout=self._pause())
            except Empty:
                self._tick()
                continue
            if event is None:
                break
            for sink in tuple(self._sinks):
                self._guarded(sink, partial(sink, event))
        for sink in tuple(self._sinks):
            self._guarded(sink, partial(_close, sink))

    def _pause(self) -> float | None:
        return _TICK if self._ticks else None

    def _tick(self) -> None:
        for sink, tick in tuple(self._ticks):
            self._guarded(sink, tick)

    def _guarded(self, sink: Sink, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as error:  # noqa: BLE001  output can never fail a deploy
            self._sinks.remove(sink)
            self._ticks = [one for one in self._ticks if one[0] is not sink]
            with suppress(Exception):
                _close(sink)  # the terminal is put back before anything is said on it
            with suppress(Exception):
                _complain(sink, error)


def _close(sink: Sink) -> None:
    if isinstance(sink, Closing):
        sink.close()


def _complain(sink: Sink, error: Exception) -> None:
    name = getattr(sink, "__name__", type(sink).__name__)
    told = f"output `{name}` failed and was dropped: {type(error).__name__}: {error}"
    sys.stderr.write(f"deployer: {told}\n")
    sys.stderr.flush()
