"""For a person at a terminal: finished steps scroll by, one live row per host stays below."""

from collections.abc import Mapping
from typing import TextIO

from rich import box
from rich.console import Console as Terminal
from rich.live import Live
from rich.table import Table
from rich.text import Text

from deployer.core.clock import Clock
from deployer.core.event import Event, RunFinished, RunStarted
from deployer.core.report import HostReport
from deployer.output.board import Activity, Board
from deployer.output.narrative import Line, Narrator, results
from deployer.output.text import clean, duration
from deployer.output.theme import (
    ASCII_FRAMES,
    ASCII_MARKS,
    FRAMES,
    MARKS,
    STYLES,
    Tone,
    outcome_tone,
    outcome_words,
)

_FRAMES_PER_SECOND = 10
_TABLE_WIDTH = 70


class Console:
    """Draws on a terminal; only the thread of the broadcast may call it."""

    def __init__(
        self, file: TextIO, clock: Clock, environ: Mapping[str, str], *, verbose: bool = False
    ) -> None:
        self._terminal = Terminal(
            file=file,
            force_terminal=True,
            highlight=False,
            markup=False,
            emoji=False,
            _environ=_sound(environ),
        )
        self._clock = clock
        self._board = Board(clock)
        self._narrator = Narrator(verbose=verbose)
        unicode = self._terminal.encoding.startswith("utf")
        self._marks = MARKS if unicode else ASCII_MARKS
        self._frames = FRAMES if unicode else ASCII_FRAMES
        self._live: Live | None = None

    def __call__(self, event: Event) -> None:
        """Show an event."""
        self._board.note(event)
        if isinstance(event, RunFinished):
            self.close()
            self._print_end(self._narrator.without_told_hints(event))
        self._print_lines(self._narrator.lines(event))
        if isinstance(event, RunStarted):
            self._start()
        self.tick()

    def tick(self) -> None:
        """Turn the spinners."""
        if self._live is not None:
            self._live.update(self._rows(), refresh=True)

    def close(self) -> None:
        """Take the live rows away and put the cursor back."""
        live, self._live = self._live, None
        if live is not None:
            live.stop()

    def _start(self) -> None:
        self.close()
        live = Live(self._rows(), console=self._terminal, auto_refresh=False, transient=True)
        live.start()
        self._live = live

    def _styled(self, line: Line) -> Text:
        style = STYLES[line.tone]
        if not line.host:
            return Text(line.text, style=style)
        mark = self._marks.get(line.tone, " ")
        quiet = line.tone in {Tone.GOOD, Tone.QUIET}
        text = self._narrator.prefixed(line)
        return Text.assemble((f"{mark} ", style), (text, "" if quiet else style))

    def _rows(self) -> Table:
        table = Table.grid(padding=(0, 2), expand=False)
        for name in ("mark", "host", "phase", "doing", "time"):
            table.add_column(name, no_wrap=True, overflow="ellipsis")
        for row in self._board.rows:
            time = duration(self._board.seconds(row)) if row.busy else ""
            texts = (self._frame(row), clean(row.host), clean(row.phase), clean(row.doing), time)
            table.add_row(*map(Text, texts), style="" if row.busy else "dim")
        return table

    def _frame(self, row: Activity) -> str:
        if not row.busy:
            return " "
        return self._frames[int(self._clock.monotonic() * _FRAMES_PER_SECOND) % len(self._frames)]

    def _print_lines(self, lines: tuple[Line, ...]) -> None:
        for line in lines:
            self._terminal.print(self._styled(line), soft_wrap=True)

    def _print_end(self, event: RunFinished) -> None:
        if self._terminal.width < _TABLE_WIDTH:
            self._print_lines(results(event))
        elif event.hosts:
            self._print_table(event.hosts)

    def _print_table(self, hosts: tuple[HostReport, ...]) -> None:
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
        for name in ("host", "outcome", "release", "time", "cause"):
            table.add_column(name, justify="right" if name == "time" else "left", overflow="fold")
        for host in hosts:
            outcome = Text(outcome_words(host.outcome), STYLES[outcome_tone(host.outcome)])
            hint = f"hint: {host.hint}" if host.hint else ""
            cause = "; ".join(clean(text) for text in (host.cause, hint) if text)
            texts = (Text(clean(host.release)), Text(duration(host.seconds)), Text(cause))
            table.add_row(Text(clean(host.host)), outcome, *texts)
        self._terminal.print(table)


def _sound(environ: Mapping[str, str]) -> dict[str, str]:
    """Leave out sizes that say nothing (`COLUMNS=0` in some CI shells): rich believes them."""
    unknown = {
        name
        for name in ("COLUMNS", "LINES")
        if not environ.get(name, "").isdecimal() or int(environ[name]) == 0
    }
    return {name: value for name, value in environ.items() if name not in unknown}
