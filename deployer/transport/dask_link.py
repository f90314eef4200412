"""Our side of the crew on one Dask worker, and of the conversations that it holds for us."""

import hashlib
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol, cast

from deployer import errors
from deployer.core.transport import Counts, HostAddress, Message
from deployer.errors import ConnectionLost, HostError, HostTimeout, InternalError
from deployer.transport.dask_crew import Answer

_CALL = 60.0
"""Seconds for a call, besides those for which it waits for a host."""
_POLL = 10.0
"""Seconds for which one call waits for a host; a worker that hangs is noticed by its beat."""
_LOOK = 1.0
"""Seconds between looks at whether it does."""
_BIG = 64 * 1024
"""Bytes from which a blob goes to a worker once for all its hosts."""


class Future(Protocol):
    """What an actor's method gives."""

    def result(self, timeout: float | None = None) -> object: ...
    def done(self) -> bool: ...


class Link:
    """One worker, and whether it can still be reached; used by many threads."""

    def __init__(self, worker: str, actor: object) -> None:
        self.worker = worker
        self.is_lost = False
        self.busy = 0
        """How many conversations it holds."""
        self._actor = actor
        self._kept: set[str] = set()
        self._keeping = threading.Lock()

    def call(self, method: str, *words: object, timeout: float = _CALL) -> object:
        """Have the crew do something; raises OSError when the worker is gone."""
        if self.is_lost:
            raise OSError(self.worker)
        try:
            return self._result(getattr(self._actor, method)(*words), time.monotonic() + timeout)
        except Exception as error:
            self.is_lost = True
            raise OSError(self.worker) from error

    def _result(self, future: Future, ends: float) -> object:
        """Wait, but not on when the beat says that the worker hangs."""
        while not (future.done() or self.is_lost) and time.monotonic() < ends:
            with suppress(TimeoutError):
                return future.result(_LOOK)
        return future.result(_LOOK)

    def lend(self, blob: bytes) -> bytes | str:
        """Give what to send for a blob: itself, or the name under which the crew has it."""
        if len(blob) < _BIG:
            return blob
        name = hashlib.sha256(blob).hexdigest()
        with self._keeping:
            if name not in self._kept:
                self.call("keep", name, blob, timeout=_CALL * 5)
                self._kept.add(name)
        return name


class DaskChannel:
    """A conversation with one host that a crew holds."""

    def __init__(self, host: HostAddress, link: Link) -> None:
        self._host = host.name
        self._link = link
        self._waiting: list[Message] = []
        self._counts = Counts()
        self._number = self._ask("open", host, wait=host.connect_timeout * 4)
        self._ended = False

    @property
    def counts(self) -> Counts:
        return self._counts

    def send(self, message: Message, blobs: Sequence[bytes] = ()) -> None:
        try:
            lent = [self._link.lend(blob) for blob in blobs]
        except OSError as error:
            raise self._lost() from error
        self._ask("send", self._number, dict(message), lent)

    def receive(self, timeout: float) -> Message:
        ends = time.monotonic() + timeout
        while not self._waiting:
            left = ends - time.monotonic()
            try:
                found = self._ask("receive", self._number, max(0.0, min(left, _POLL)), wait=_POLL)
            except HostTimeout:
                if left > _POLL:
                    continue
                raise
            self._waiting = list(cast("list[Message]", found))
        return self._waiting.pop(0)

    def keep_alive(self) -> None:
        self._ask("keep_alive", self._number)

    def close(self) -> None:
        if not self._ended:
            self._ended = True
            self._link.busy -= 1
            with suppress(OSError):
                self._link.call("close", self._number)

    def _ask(self, method: str, *words: object, wait: float = 0.0) -> object:
        try:
            answer = cast("Answer", self._link.call(method, *words, timeout=_CALL + wait))
        except OSError as error:
            raise self._lost() from error
        if answer.error is not None:
            kind, message, host, hint = answer.error
            raise rebuilt(kind, message, host or self._host, hint)
        self._counts = answer.counts or self._counts
        return answer.value

    def _lost(self) -> ConnectionLost:
        return ConnectionLost(
            f"The Dask worker {self._link.worker} that talked with host `{self._host}` is gone; "
            "what happened on the host is unknown until it is asked.",
            host=self._host,
            hint="Run `inv status` to read the host's journal; the host puts itself right.",
        )


def rebuilt(kind: str, message: str, host: str, hint: str) -> HostError | InternalError:
    """Make the error anew that a crew has met."""
    found = getattr(errors, kind, None)
    if isinstance(found, type) and issubclass(found, HostError):
        return found(message, host=host, hint=hint)
    return InternalError(f"On a Dask worker: {message}", hint=hint)
