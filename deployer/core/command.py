"""What to type on a host: words, never a shell line."""

import shlex
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """A program and its arguments; nothing in it is ever read by a shell."""

    words: tuple[str, ...]

    def __str__(self) -> str:
        """Show the command as a person would type it in a shell."""
        return shlex.join(self.words)


def command(*words: object) -> Command:
    """Make a command from words, paths and numbers."""
    return Command(tuple(str(word) for word in words))
