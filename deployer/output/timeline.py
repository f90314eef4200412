"""Who did what when: a run as bars on one axis, in seconds since the command began."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

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

State = Literal["done", "same", "skipped", "failed", "recovery"]
RECOVERY = "recovery"
CONNECT = "connect"
"""What comes before the first phase: inventory, templates, connections, facts."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A step on a host; one that was skipped took no time."""

    host: str
    step: str
    phase: str
    begins: float
    seconds: float
    state: State
    note: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """A phase of the fleet."""

    name: str
    begins: float
    ends: float

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.ends - self.begins


class Timeline:
    """Takes in events; reads the clock when each of them comes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._zero = clock.monotonic()
        self._open: dict[str, tuple[str, float]] = {}
        self._bars: list[Bar] = []
        self._spans = [Span(CONNECT, 0.0, 0.0)]
        self.started: RunStarted | None = None
        self.ended: RunFinished | None = None
        self.failures: tuple[StepFailed, ...] = ()
        self.began_at = clock.now()

    @property
    def bars(self) -> tuple[Bar, ...]:
        """Every step of every host, in the order in which they ended."""
        return tuple(self._bars)

    @property
    def spans(self) -> tuple[Span, ...]:
        """What the fleet went through, one after the other, without gaps."""
        return tuple(self._spans)

    @property
    def seconds(self) -> float:
        """All of it."""
        return self._spans[-1].ends

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts in the order of the run."""
        named = self.started.hosts if self.started else ()
        told = (one.host for one in self.ended.hosts) if self.ended else ()
        return tuple(dict.fromkeys((*named, *told)))

    def __call__(self, event: Event) -> None:
        """Take in an event."""
        now = self._clock.monotonic() - self._zero
        self._spans[-1] = replace(self._spans[-1], ends=now)
        match event:
            case RunStarted():
                self.started = event
            case PhaseStarted():
                self._spans.append(Span(event.phase.upper(), now, now))
            case StepStarted() | RecoveryStarted():
                step = event.step if isinstance(event, StepStarted) else RECOVERY
                self._open[event.host] = (step, now)
            case RunFinished():
                self.ended = event
            case _:
                self._end_of_step(event, now)

    def _end_of_step(self, event: Event, now: float) -> None:
        match event:
            case StepFinished():
                state: State = "done" if event.changed else "same"
                self._end(event.host, event.step, now, state, event.note)
            case StepSkipped():
                self._open.pop(event.host, None)
                self._end(event.host, event.step, now, "skipped", event.reason)
            case StepFailed():
                self.failures = (*self.failures, event)
                self._end(event.host, event.step, now, "failed", event.cause)
            case RecoveryFinished():
                told = ": ".join(filter(None, (outcome_words(event.outcome), event.cause)))
                self._end(event.host, RECOVERY, now, "recovery", told)
            case _:
                pass  # output and notices take no time of their own

    def _end(self, host: str, step: str, now: float, state: State, note: str) -> None:
        opened, begins = self._open.pop(host, ("", now))
        begins = begins if opened == step else now
        phase = self._spans[-1].name
        self._bars.append(Bar(host, step, phase, begins, now - begins, state, note))


def together(bars: Iterable[Bar]) -> tuple[Bar, ...]:
    """Put together what a host did more than once, such as a balancer for each batch."""
    found: dict[tuple[str, str, str], Bar] = {}
    for bar in bars:
        key = (bar.phase, bar.step, bar.host)
        before = found.get(key)
        found[key] = replace(bar, seconds=bar.seconds + before.seconds) if before else bar
    return tuple(found.values())


def slowest(bars: Iterable[Bar]) -> Mapping[tuple[str, str], Bar]:
    """Give the bar that took longest of each step, by phase and step, in their order."""
    found: dict[tuple[str, str], Bar] = {}
    for bar in bars:
        if bar.state == "skipped":
            continue
        key = (bar.phase, bar.step)
        if key not in found or bar.seconds > found[key].seconds:
            found[key] = bar
    return found
