"""What each host is doing right now, kept from the events."""

from dataclasses import dataclass, replace

from deployer.core.clock import Clock
from deployer.core.event import (
    Event,
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
from deployer.output.theme import outcome_words


@dataclass(frozen=True, slots=True)
class Activity:
    """A host's row: while it is `busy`, `doing` is the name of its step; `since` is monotonic."""

    host: str
    phase: str = ""
    doing: str = "waiting"
    busy: bool = False
    since: float = 0.0


class Board:
    """One row per host, in the order of the run."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rows: dict[str, Activity] = {}

    @property
    def rows(self) -> tuple[Activity, ...]:
        """Every host of the run."""
        return tuple(self._rows.values())

    def seconds(self, row: Activity) -> float:
        """Tell how long a host has been at what it is doing."""
        return self._clock.monotonic() - row.since

    def note(self, event: Event) -> None:
        """Take in an event."""
        match event:
            case RunStarted():
                self._rows = {host: Activity(host) for host in event.hosts}
            case PhaseStarted():
                for host in event.hosts:
                    self._set(host, "waiting", busy=False, phase=event.phase.upper())
            case RunFinished():
                self._rows = {}
            case _:
                self._note_host(event)

    def _note_host(self, event: Event) -> None:
        match event:
            case StepStarted():
                self._set(event.host, event.step, busy=True)
            case StepFinished() | StepSkipped():
                self._set(event.host, f"{event.step} done", busy=False)
            case StepFailed():
                self._set(event.host, f"{event.step} FAILED", busy=False)
            case RecoveryStarted():
                self._set(event.host, "recovery", busy=True)
            case RecoveryFinished():
                self._set(event.host, outcome_words(event.outcome), busy=False)
            case _:
                pass  # notices and output change nothing about what a host is at

    def _set(self, host: str, doing: str, *, busy: bool, phase: str = "") -> None:
        row = self._rows.get(host, Activity(host))
        now = self._clock.monotonic()
        phase = phase or row.phase
        self._rows[host] = replace(row, doing=doing, busy=busy, since=now, phase=phase)
