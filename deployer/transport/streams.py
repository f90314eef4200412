"""Bytes to and from one program on a host: what every way to reach it offers."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Ending:
    """How the program at the other end ended, as far as we can know."""

    exit_code: int | None = None
    signal: str = ""
    complaint: str = ""


class Stream(Protocol):
    """Bytes to and from one program on a host."""

    def write(self, data: bytes) -> None:
        """Send all bytes; raises EOFError if the other end is gone, TimeoutError if it is stuck."""
        ...

    def read(self, timeout: float) -> bytes:
        """Give what has arrived, b"" at the end; raises TimeoutError (seconds), EOFError."""
        ...

    def silence(self) -> float:
        """Give the seconds since anything arrived, read or not."""
        ...

    def acknowledges(self) -> bool:
        """Whether the host's TCP answers just now; false where nobody can tell."""
        ...

    def ending(self) -> Ending:
        """Tell how it ended; waits a moment for the last words."""
        ...

    def close(self) -> None:
        """End it; safe to call twice."""
        ...
