"""What happened, as values: every sink (console, plain, json lines) reads only these.

Texts in events are already redacted and free of control characters. Times are seconds.
"""

from collections.abc import Callable
from dataclasses import dataclass

from deployer.core.report import HostReport, Outcome


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A command begins its work on hosts."""

    run: str
    command: str
    environment: str
    app: str
    hosts: tuple[str, ...]
    revision: str = ""
    release: str = ""


@dataclass(frozen=True, slots=True)
class PhaseStarted:
    """The fleet enters a phase; `hosts` are those that take part."""

    phase: str
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A host begins a step."""

    host: str
    step: str


@dataclass(frozen=True, slots=True)
class ActionStarted:
    """A host begins one action of a step; `text` is what a person would call it."""

    host: str
    step: str
    text: str


@dataclass(frozen=True, slots=True)
class OutputLine:
    """A line that a program on a host printed."""

    host: str
    step: str
    line: str


@dataclass(frozen=True, slots=True)
class StepFinished:
    """A host ended a step well; `note` says what it found, or why it had nothing to do."""

    host: str
    step: str
    seconds: float
    changed: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class StepSkipped:
    """A step had nothing to do on a host, and why."""

    host: str
    step: str
    reason: str


@dataclass(frozen=True, slots=True)
class StepFailed:
    """A host failed in a step: the cause in one sentence, what to do, and the last lines."""

    host: str
    step: str
    seconds: float
    cause: str
    hint: str = ""
    log: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecoveryStarted:
    """A host begins to put itself back."""

    host: str
    reason: str


@dataclass(frozen=True, slots=True)
class RecoveryFinished:
    """A host has put itself back, or could not."""

    host: str
    outcome: Outcome
    cause: str = ""
    log: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Noticed:
    """Something worth knowing; `level` is info, warning or error; `host` may be empty."""

    text: str
    level: str = "info"
    host: str = ""


@dataclass(frozen=True, slots=True)
class RunFinished:
    """The end of a run, with what is true on every host now."""

    run: str
    command: str
    outcome: Outcome
    exit_code: int
    seconds: float
    hosts: tuple[HostReport, ...]
    summary: str
    next_command: str = ""


Event = (
    RunStarted
    | PhaseStarted
    | StepStarted
    | ActionStarted
    | OutputLine
    | StepFinished
    | StepSkipped
    | StepFailed
    | RecoveryStarted
    | RecoveryFinished
    | Noticed
    | RunFinished
)
Emit = Callable[[Event], None]
