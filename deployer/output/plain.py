"""For CI and pipes: one line per event, append-only, no colour, phases folded where that works."""

from deployer.core.clock import Clock
from deployer.core.event import (
    Event,
    Noticed,
    PhaseStarted,
    RecoveryFinished,
    RunFinished,
    StepFailed,
)
from deployer.core.report import Outcome
from deployer.output.board import Board
from deployer.output.folding import Folding
from deployer.output.narrative import Line, Narrator, results, step_line
from deployer.output.stream import Stream
from deployer.output.text import duration, harmless
from deployer.output.theme import Tone

_SILENCE = 30.0


class Plain:
    """Writes lines; nothing that a host printed can pass for a command to the CI service.

    After 30 s without news of a busy host it says that the step is still at work, since a CI log
    that stands still looks like one that hangs. With `times`, each line begins with local time.
    """

    def __init__(
        self,
        stream: Stream,
        clock: Clock,
        folding: Folding,
        *,
        verbose: bool = False,
        times: bool = False,
    ) -> None:
        self._stream = stream
        self._clock = clock
        self._folding = folding
        self._times = times
        self._narrator = Narrator(verbose=verbose)
        self._board = Board(clock)
        self._told: dict[str, float] = {}

    def __call__(self, event: Event) -> None:
        """Write what an event has to say."""
        self._board.note(event)
        lines = self._narrator.lines(event)
        match event:
            case PhaseStarted():
                self._begin_phase(lines[0])
            case RunFinished():
                self._as_they_are(self._folding.close())
                self._write((*results(self._narrator.without_told_hints(event)), *lines))
                self._annotate_end(event)
            case StepFailed() | RecoveryFinished():
                self._as_they_are(self._folding.close())  # a failure is never folded away
                self._write(lines)
                self._annotate(event)
            case Noticed():
                self._write(lines)
                self._annotate(event)
            case _:
                self._write(lines)

    def tick(self) -> None:
        """Say which steps have been at work for long."""
        now = self._clock.monotonic()
        for row in self._board.rows:
            last = max(row.since, self._told.get(row.host, row.since))
            if row.busy and now - last >= _SILENCE:
                self._told[row.host] = now
                text = step_line(row.doing, duration(now - row.since), "still at work")
                self._write((Line(text, Tone.DETAIL, row.host),))

    def close(self) -> None:
        """End a fold that a run without end has left open."""
        self._as_they_are(self._folding.close())

    def _begin_phase(self, title: Line) -> None:
        self._as_they_are(self._folding.close())
        self._as_they_are(self._folding.open(harmless(title.text)))

    def _annotate(self, event: StepFailed | RecoveryFinished | Noticed) -> None:
        match event:
            case StepFailed():
                hint = f" hint: {event.hint}" if event.hint else ""
                title = f"{event.step} failed on {event.host}"
                self._as_they_are(self._folding.annotate("error", title, event.cause + hint))
            case Noticed(level="warning" | "error"):
                title = f"{event.level} from {event.host}" if event.host else event.level
                self._as_they_are(self._folding.annotate(event.level, title, event.text))
            case _:
                pass  # the end of the run says how a recovery went

    def _annotate_end(self, event: RunFinished) -> None:
        if event.exit_code and event.outcome != Outcome.DIFFERENCES:
            title = f"{event.command} {event.outcome}, exit {event.exit_code}"
            self._as_they_are(self._folding.annotate("error", title, event.summary))

    def _write(self, lines: tuple[Line, ...]) -> None:
        for line in lines:
            self._stream.line(self._time() + harmless(self._narrator.prefixed(line)))

    def _as_they_are(self, lines: tuple[str, ...]) -> None:
        for line in lines:
            self._stream.line(line)

    def _time(self) -> str:
        return f"{self._clock.now().astimezone():%H:%M:%S} " if self._times else ""
