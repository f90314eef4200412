"""For people who watch a program's JSON: warnings, failures and the last word, on stderr."""

from deployer.core.event import Event, RunFinished
from deployer.output.narrative import Narrator
from deployer.output.stream import Stream
from deployer.output.text import harmless
from deployer.output.theme import Tone


class Messages:
    """Writes only what somebody should read."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._narrator = Narrator()

    def __call__(self, event: Event) -> None:
        """Write the lines of an event that warn, fail or end."""
        for line in self._narrator.lines(event):
            if isinstance(event, RunFinished) or line.tone in {Tone.WARNING, Tone.BAD}:
                self._stream.line(harmless(self._narrator.prefixed(line)))
