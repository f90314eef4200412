"""How a run ended, for one host and for all of them, and which exit code that is."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """The possible ends of a run."""

    COMMITTED = "committed"
    UNCHANGED = "unchanged"
    DIFFERENCES = "differences"
    UNREACHABLE = "unreachable"
    LOCKED = "locked"
    ABORTED = "aborted"
    ROLLED_BACK = "rolled-back"
    ROLLBACK_FAILED = "rollback-failed"
    UNKNOWN = "unknown"
    MIXED = "mixed"
    INTERRUPTED = "interrupted"


EXIT_CODES: dict[Outcome, int] = {
    Outcome.COMMITTED: 0,
    Outcome.UNCHANGED: 0,
    Outcome.DIFFERENCES: 3,
    Outcome.UNREACHABLE: 4,
    Outcome.LOCKED: 5,
    Outcome.ROLLED_BACK: 6,
    Outcome.ROLLBACK_FAILED: 7,
    Outcome.UNKNOWN: 7,
    Outcome.MIXED: 8,
    Outcome.ABORTED: 9,
    Outcome.INTERRUPTED: 130,
}

_WORST_FIRST = (
    Outcome.ROLLBACK_FAILED,
    Outcome.UNKNOWN,
    Outcome.MIXED,
    Outcome.ROLLED_BACK,
    Outcome.INTERRUPTED,
    Outcome.LOCKED,
    Outcome.UNREACHABLE,
    Outcome.ABORTED,
    Outcome.DIFFERENCES,
    Outcome.COMMITTED,
    Outcome.UNCHANGED,
)

_STAYED = {
    Outcome.ROLLED_BACK,
    Outcome.INTERRUPTED,
    Outcome.LOCKED,
    Outcome.UNREACHABLE,
    Outcome.ABORTED,
}


_PUT_BACK = {Outcome.ROLLED_BACK, Outcome.ABORTED}


@dataclass(frozen=True, slots=True)
class HostReport:
    """What is true on one host after a run; `release` is the one that serves."""

    host: str
    outcome: Outcome
    release: str = ""
    step: str = ""
    cause: str = ""
    hint: str = ""
    seconds: float = 0.0


def fleet_outcome(
    hosts: Iterable[HostReport], *, interrupted: bool = False, left: bool = False
) -> Outcome:
    """Give the outcome of a run from those of its hosts: the worst one, or mixed.

    `left` when a person did not wait for the hosts: then not to know is what was asked for.
    """
    outcomes = {host.outcome for host in hosts}
    if Outcome.COMMITTED in outcomes and outcomes & _STAYED:
        outcomes.add(Outcome.MIXED)
    worst = next((one for one in _WORST_FIRST if one in outcomes), Outcome.UNCHANGED)
    if interrupted and (worst in _PUT_BACK or (left and worst is Outcome.UNKNOWN)):
        return Outcome.INTERRUPTED
    return worst
