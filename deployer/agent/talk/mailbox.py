"""Messages from the other side, in order; `cancel` and the end of the stream are heard at once.

A `beat` only says that the other side is there; whoever passes its bytes on has noticed it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Thread

from deployer.agent.talk.frames import Message, Reader, WrongFrame


@dataclass(frozen=True)
class Letter:
    """One message with its blobs; `problem` tells why there is none to read.

    `reply` answers one that came over a connection of its own.
    """

    message: Message = field(default_factory=dict)
    blobs: list[bytes] = field(default_factory=list)
    problem: str = ""
    reply: Callable[[Mapping[str, object]], None] | None = None

    @property
    def verb(self) -> str:
        """What it asks for; "" at the end of the stream."""
        return str(self.message.get("verb", "")) if self.message else ""


END = Letter()
LATE = Letter(problem="nothing came in time")


class Mailbox:
    """A thread reads; `take` gives the letters. `cancel` is called, not queued."""

    def __init__(
        self, reader: Reader, cancel: Callable[[], None], pass_on: tuple[str, ...] = ()
    ) -> None:
        self._reader = reader
        self._cancel = cancel
        self._pass_on = pass_on
        self.by_person = False
        """Whether a person told us to stop; a stream that only ended does not say so."""
        # SimpleQueue, because a signal handler may put into it at any moment.
        self._letters: SimpleQueue[Letter] = SimpleQueue()

    def listen(self) -> None:
        """Read from now on; ends after a verb of `pass_on`, which leaves the rest to others."""
        Thread(target=self._listen, daemon=True).start()

    def take(self, timeout: float | None = None) -> Letter:
        """Wait for the next letter; END when there will be none, LATE after so many seconds."""
        try:
            return self._letters.get(timeout=timeout)
        except Empty:
            return LATE

    def put(self, letter: Letter) -> None:
        """Have `take` give what came another way."""
        self._letters.put(letter)

    def end(self) -> None:
        """Have `take` give END after what is waiting."""
        self._letters.put(END)

    def _listen(self) -> None:
        while True:
            letter = self._next()
            if letter.verb == "beat":
                continue
            if letter.verb == "cancel":
                self.by_person = True
                self._cancel()
                continue
            self.by_person = self.by_person or letter.message.get("by") == "person"
            if not letter.message:
                self._cancel()
                self._letters.put(letter)
                self._letters.put(END)
                return
            self._letters.put(letter)
            if letter.verb in self._pass_on:
                return

    def _next(self) -> Letter:
        try:
            found = self._reader.message()
        except WrongFrame as error:
            return Letter(problem=str(error))
        except OSError:
            return END
        return END if found is None else Letter(*found)
