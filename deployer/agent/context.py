"""What an action gets to work with: its run, its paths, its output and a way to run programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Event

from deployer.agent.system import programs
from deployer.agent.system.programs import Completed, Program
from deployer.agent.text.clean_text import clean
from deployer.agent.text.redacting import Redaction

Fields = Mapping[str, object]
"""An action as it came: its name under `action`, and its fields; bytes are already bytes."""
Emit = Callable[[dict[str, object]], None]
ROOT = Path("/")


class ActionFailed(Exception):
    """An action did not do what it should: the cause in one sentence, what to do, last lines."""

    def __init__(self, cause: str, hint: str = "", log: Sequence[str] = ()) -> None:
        super().__init__(cause)
        self.cause = cause
        self.hint = hint
        self.log = tuple(log)


def _silent(event: dict[str, object]) -> None:
    """Take an event that nobody waits for."""


class Context:
    """One per run; `root` stands for `/`, so that tests can work in a folder of their own."""

    def __init__(
        self, app: str, run: str, release: str = "", root: Path = ROOT, emit: Emit = _silent
    ) -> None:
        self.app = app
        self.run = run
        self.release = release
        self.root = root
        self.step = ""
        self.cancelled = Event()
        self.results: dict[str, object] = {}
        self.note = ""
        self.started: dict[str, float] = {}
        """When this run started a unit, in seconds since 1970: what it logged before is old."""
        self._emit = emit
        self.redact = Redaction(self.path(f"/srv/{app}/releases"))

    def path(self, absolute: str) -> Path:
        """Give the real place of a path of the host; doing so twice changes nothing."""
        path = Path(absolute)
        if not path.is_absolute() or ".." in path.parts:
            raise ActionFailed(f"`{absolute}` is not a plain absolute path")
        if self.root == ROOT or self.root in (path, *path.parents):
            return path
        return self.root / path.relative_to(ROOT)

    @property
    def state_folder(self) -> Path:
        """The folder of the app's journal and lock, for root only."""
        return self.path(f"/var/lib/deployer/{self.app}")

    @property
    def saved_folder(self) -> Path:
        """The folder of what this run has replaced."""
        return self.state_folder / "saved" / self.run

    def line(self, text: str) -> None:
        """Show a line of output."""
        self._emit({"event": "line", "step": self.step, "line": clean(self.redact(text))})

    def action(self, text: str) -> None:
        """Say what is done now, in words for people and without secrets."""
        self._emit({"event": "action", "step": self.step, "text": clean(self.redact(text))})

    def notice(self, text: str, level: str = "info") -> None:
        """Say what everybody should know, whatever they chose to see."""
        told = {"event": "notice", "step": self.step, "level": level}
        self._emit({**told, "text": clean(text)})

    def execute(  # noqa: PLR0913  each is a plain choice about one program
        self,
        words: Sequence[str],
        *,
        user: str = "",
        folder: str = "/",
        env: Mapping[str, str] | None = None,
        stdin: bytes = b"",
        timeout: float = 300.0,
        sink: int = -1,
        feed: int = -1,
        quiet: bool = False,
    ) -> Completed:
        """Run a program (words, never a shell line) to its end; see `programs.Program`.

        A wrong exit code or a timeout is for the caller to judge. Cancellation and an unknown
        user raise ActionFailed.
        """
        where = str(self.path(folder))
        program = Program(words, user, where, env or {}, stdin, timeout, sink, feed)
        try:
            line = None if quiet else self.line
            completed = programs.run(program, self.cancelled, line, self.redact)
        except programs.UnknownUser as error:
            raise ActionFailed(
                f"this host has no user `{user}`", "Run `inv setup` for this host."
            ) from error
        if completed.ended == "cancelled":
            raise ActionFailed("cancelled", log=completed.lines)
        return completed
