"""Time as a parameter."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """What the engine may ask about time."""

    def monotonic(self) -> float:
        """Seconds that only go forward."""
        ...

    def now(self) -> datetime:
        """The wall clock, with time zone."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...
