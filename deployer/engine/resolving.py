"""A lost host is asked what became of the run: connect again, read its journal, report that.

Nothing that a run does is ever done again from here: the host decides, we only ask.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event

from deployer.core.clock import Clock
from deployer.core.event import Emit, Noticed, RecoveryFinished
from deployer.core.report import Outcome
from deployer.core.run_outcome import RunOutcome, run_outcome
from deployer.engine.session import Session
from deployer.errors import (
    ConnectionLost,
    HostError,
    HostKeyChanged,
    HostKeyUnknown,
    HostTimeout,
)

LOST = (ConnectionLost, HostTimeout)
"""What became of the run is then unknown until the host is asked."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 5.0
_FINISHING = "its finishing touches may be missing: the next deploy or `inv prune` does them"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a lost host is asked; `leave` is set when a person will not wait any more."""

    clock: Clock
    reach: float = 90.0
    """Seconds in which a host that cannot be reached is tried again."""
    decide: float = 330.0
    """Seconds in which a host that can be reached has put itself back: those that its unit gives
    to its last undo (`TimeoutStopSec`), and those in which it notices the loss."""
    leave: Event = field(default_factory=Event)


@dataclass(frozen=True, slots=True)
class Resolved:
    """What became of the run on a host, and why that is known or not."""

    outcome: Outcome
    cause: str
    hint: str = ""


class Resolving:
    """Asks lost hosts about one run; safe in several threads, one for each host."""

    def __init__(self, run: str, emit: Emit, patience: Patience) -> None:
        self._run = run
        self._emit = emit
        self._patience = patience

    def resolve(self, session: Session, why: str) -> Resolved:
        """Ask until the host knows; UNKNOWN only when it cannot be asked in time."""
        began = self._patience.clock.monotonic()
        session.close()  # a host that still hears us must know that nothing more will come
        if not self._patience.leave.is_set():
            self._tell(f"{why}; asking it what became of the run", "warning", session)
        pause, trouble = _FIRST_PAUSE, HostError(why, host=session.host)
        while not self._patience.leave.is_set():
            try:
                found = self._decided(session, began)
            except (HostKeyChanged, HostKeyUnknown) as error:
                return self._unknown(session.host, error.message)
            except HostError as error:
                trouble = error
            else:
                return self._told(session, found, began)
            if self._since(began) > self._patience.reach:
                break
            self._patience.leave.wait(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
        if self._patience.leave.is_set():
            return self._unknown(session.host, "nobody waited for its answer")
        return self._unknown(session.host, trouble.message)

    def _decided(self, lost: Session, began: float) -> RunOutcome:
        """Connect and ask until the run has its end, or our time is over; raises HostError."""
        session = lost.reopen()
        pause = _FIRST_PAUSE
        try:
            while True:
                asked = run_outcome(self._run)
                session.ask((asked,))
                found = session.facts[asked]
                late = self._since(began) > self._patience.decide
                if not (found.is_open or found.at_work) or late:
                    return found
                if self._patience.leave.wait(pause):
                    return found
                pause = min(pause * 2, _LONGEST_PAUSE)
        finally:
            session.close()

    def _told(self, session: Session, found: RunOutcome, began: float) -> Resolved:
        if found.is_open:
            return self._unknown(session.host, "it is still at work on this run")
        after = f"it was asked again after {self._since(began):.0f} s"
        if found.outcome is Outcome.COMMITTED:
            text = f"{after} and says that the run is committed; {_FINISHING}"
            self._tell(text, "warning", session)
            return Resolved(Outcome.COMMITTED, "")
        outcome = found.outcome if found.is_known else Outcome.ABORTED
        reason = f": {found.cause}" if found.cause else ""
        self._emit(RecoveryFinished(session.host, outcome, f"{after}{reason}"))
        hint = "look at the host now: `inv status`" if outcome is Outcome.ROLLBACK_FAILED else ""
        return Resolved(
            outcome, f"the host put itself back{reason}" if found.is_known else "", hint
        )

    def _unknown(self, host: str, why: str) -> Resolved:
        patience = self._patience
        by = patience.clock.now() + timedelta(seconds=patience.decide)
        return Resolved(
            Outcome.UNKNOWN,
            f"{why.rstrip('.')}. `{host}` decides by itself: if it runs, it has put itself back by "
            f"{by:%H:%M:%S %Z}, unless the run was committed.",
            "`inv status` shows what it serves, as soon as it can be reached",
        )

    def _since(self, began: float) -> float:
        return self._patience.clock.monotonic() - began

    def _tell(self, text: str, level: str, session: Session) -> None:
        self._emit(Noticed(text, level, session.host))
