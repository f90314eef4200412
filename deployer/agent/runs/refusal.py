"""What the agent will not do: why in one word, in a sentence, and what to do next."""

from __future__ import annotations


class Refused(Exception):
    """The run may not begin, or a hold not be set or taken away."""

    def __init__(self, why: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.why = why
        self.message = message
        self.hint = hint

    @property
    def event(self) -> dict[str, object]:
        """The same as the answer to whoever asked."""
        return {"event": "refused", "why": self.why, "message": self.message, "hint": self.hint}
