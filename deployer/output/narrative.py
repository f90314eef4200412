"""Events told as lines of text: the one wording that the terminal and the log share."""

from dataclasses import dataclass, replace

from deployer.core.event import (
    ActionStarted,
    Event,
    Noticed,
    OutputLine,
    PhaseStarted,
    RecoveryFinished,
    RecoveryStarted,
    RunFinished,
    RunStarted,
    StepFailed,
    StepFinished,
    StepSkipped,
    StepStarted,
)
from deployer.core.report import HostReport, Outcome
from deployer.output.text import clean, duration, listed
from deployer.output.theme import Tone, outcome_tone, outcome_words

_STEP_WIDTH = 16
_TIME_WIDTH = 10
_SHA1_LENGTH = 40
_SHORT_SHA1 = 7
_UNSURE = frozenset({Outcome.UNKNOWN, Outcome.ROLLBACK_FAILED, Outcome.UNREACHABLE})


@dataclass(frozen=True, slots=True)
class Line:
    """One line: about a host or, with `host` empty, about the run."""

    text: str
    tone: Tone
    host: str = ""


class Narrator:
    """Turns events into lines; remembers which hosts take part and whose hints were told."""

    def __init__(self, *, verbose: bool = False) -> None:
        self._verbose = verbose
        self._hosts: tuple[str, ...] = ()
        self._hints: set[tuple[str, str]] = set()

    def prefixed(self, line: Line) -> str:
        """Give a line with its host in front, all hosts equally wide."""
        if not line.host:
            return line.text
        width = max((len(host) for host in self._hosts), default=0)
        return f"{clean(line.host).ljust(width)} | {line.text}".rstrip()

    def lines(self, event: Event) -> tuple[Line, ...]:  # noqa: C901, PLR0911  one arm per event
        """Tell an event; some have nothing to say unless `verbose`."""
        match event:
            case RunStarted():
                self._hosts = event.hosts
                return (Line(_title(event), Tone.TITLE),)
            case PhaseStarted():
                return (Line(self._phase(event), Tone.PHASE),)
            case StepStarted() | ActionStarted() | OutputLine():
                return _progress(event) if self._verbose else ()
            case StepFinished() | StepSkipped():
                return (_step_ended(event),)
            case StepFailed():
                self._hints.add((event.host, event.hint))
                return _failure(event)
            case RecoveryStarted() | RecoveryFinished():
                return _recovery(event)
            case Noticed():
                return (_notice(event),)
            case RunFinished():
                return _end(event)

    def without_told_hints(self, event: RunFinished) -> RunFinished:
        """Take away the hints that stand under their step already: once is enough."""
        hosts = tuple(
            replace(host, hint="") if (host.host, host.hint) in self._hints else host
            for host in event.hosts
        )
        return replace(event, hosts=hosts)

    def _phase(self, event: PhaseStarted) -> str:
        name = clean(event.phase).upper()
        return name if event.hosts == self._hosts else f"{name} on {listed(event.hosts)}"


def step_line(step: str, time: str, text: str) -> str:
    """Give the columns of a line about a step."""
    return f"{clean(step).ljust(_STEP_WIDTH)}{time.rjust(_TIME_WIDTH)}  {clean(text)}".rstrip()


def verdict(event: RunFinished) -> str:
    """Give the last word on a run: outcome, summary, time and, if it failed, the exit code."""
    code = f", exit {event.exit_code}" if event.exit_code else ""
    summary = clean(event.summary).removeprefix(f"{event.outcome}: ")
    words = f"{outcome_words(event.outcome)}: {summary}"
    return f"{words} ({duration(event.seconds)}{code})"


def _title(event: RunStarted) -> str:
    revision = clean(event.revision)
    if len(revision) == _SHA1_LENGTH:
        revision = revision[:_SHORT_SHA1]
    words = (event.command, event.app, revision or event.release, "on", event.environment)
    return f"{clean(' '.join(filter(None, words)))}: {listed(event.hosts)}  run {clean(event.run)}"


def _progress(event: StepStarted | ActionStarted | OutputLine) -> tuple[Line, ...]:
    match event:
        case StepStarted():
            return (Line(step_line(event.step, "", "started"), Tone.DETAIL, event.host),)
        case ActionStarted():
            return (Line(step_line(event.step, "", event.text), Tone.DETAIL, event.host),)
        case OutputLine():
            return _indented(event.host, (event.line,))


def _step_ended(event: StepFinished | StepSkipped) -> Line:
    match event:
        case StepSkipped():
            text = step_line(event.step, "-", f"skipped: {event.reason}")
            return Line(text, Tone.QUIET, event.host)
        case StepFinished():
            note = event.note or ("" if event.changed else "nothing to change")
            tone = Tone.GOOD if event.changed or event.note else Tone.QUIET
            return Line(step_line(event.step, duration(event.seconds), note), tone, event.host)


def _failure(event: StepFailed) -> tuple[Line, ...]:
    text = step_line(event.step, duration(event.seconds), f"FAILED: {event.cause}")
    return (
        Line(text, Tone.BAD, event.host),
        *_indented(event.host, event.log),
        *_hint(event.host, event.hint),
    )


def _recovery(event: RecoveryStarted | RecoveryFinished) -> tuple[Line, ...]:
    match event:
        case RecoveryStarted():
            text = step_line("recovery", "", f"putting the host back: {event.reason}")
            return (Line(text, Tone.WARNING, event.host),)
        case RecoveryFinished():
            cause = f": {event.cause}" if event.cause else ""
            text = step_line("recovery", "", f"{outcome_words(event.outcome)}{cause}")
            tone = outcome_tone(event.outcome)
            return (Line(text, tone, event.host), *_indented(event.host, event.log))


def _notice(event: Noticed) -> Line:
    if event.level == "info":
        return Line(clean(event.text), Tone.DETAIL, event.host)
    tone = Tone.BAD if event.level == "error" else Tone.WARNING
    return Line(f"{clean(event.level)}: {clean(event.text)}", tone, event.host)


def _end(event: RunFinished) -> tuple[Line, ...]:
    lines = [Line(verdict(event), outcome_tone(event.outcome))]
    if event.next_command:
        lines.append(Line(f"next: {clean(event.next_command)}", Tone.TITLE))
    return tuple(lines)


def results(event: RunFinished) -> tuple[Line, ...]:
    """Tell how each host ended, if the verdict alone does not say it."""
    if all(host.outcome in {Outcome.COMMITTED, Outcome.UNCHANGED} for host in event.hosts):
        return ()
    told = [line for host in event.hosts for line in _result(host)]
    return (Line("RESULT", Tone.PHASE), *told)


def _result(host: HostReport) -> tuple[Line, ...]:
    cause = ": ".join(clean(text) for text in (host.step, host.cause) if text)
    told = "; ".join(filter(None, (_live(host), cause)))
    text = step_line(outcome_words(host.outcome), duration(host.seconds), told)
    line = Line(text, outcome_tone(host.outcome), host.host)
    return (line, *_hint(host.host, host.hint))


def _live(host: HostReport) -> str:
    if host.release:
        return f"{clean(host.release)} is live"
    return "which release is live is not known" if host.outcome in _UNSURE else ""


def _hint(host: str, hint: str) -> tuple[Line, ...]:
    return (Line(f"    hint: {clean(hint)}", Tone.WARNING, host),) if hint else ()


def _indented(host: str, log: tuple[str, ...]) -> tuple[Line, ...]:
    return tuple(Line(f"    > {clean(line)}".rstrip(), Tone.DETAIL, host) for line in log)
