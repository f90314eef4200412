from datetime import UTC, datetime

from deployer.core.event import Event, RecoveryFinished
from deployer.core.report import Outcome
from deployer.core.transport import HostAddress, Message
from deployer.engine.redact import Redactor
from deployer.engine.resolving import Patience, Resolved, Resolving
from deployer.engine.session import Session
from deployer.errors import ConnectionLost, HostError, HostKeyChanged, HostUnreachable
from deployer.transport.scripted import Exchange, Fault, Script, ScriptedTransport

OPEN: Message = {"run": "r", "outcome": "open", "at_work": True}
BACK: Message = {"run": "r", "outcome": "rolled_back", "cause": "the controller was lost"}


class Waiting:
    """The clock, and the person who may leave: every wait only moves the time."""

    def __init__(self) -> None:
        self.time = 0.0
        self.waits: list[float] = []
        self.left = False

    def monotonic(self) -> float:
        return self.time

    def now(self) -> datetime:
        return datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    def is_set(self) -> bool:
        return self.left

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.time += seconds
        return self.left


class Lost:
    """A host that was lost, and how each new connection goes."""

    def __init__(self, *openings: HostError | tuple[Exchange, ...]) -> None:
        self.events: list[Event] = []
        self.waiting = Waiting()
        self._openings = list(openings)
        self._session = self._made(())

    def resolved(self, reach: float = 90.0) -> Resolved:
        patience = Patience(self.waiting, reach, 330.0, self.waiting)  # type: ignore[arg-type]  # waits without waiting
        return Resolving("r", self.events.append, patience).resolve(self._session, "It was lost")

    def _made(self, script: tuple[Exchange, ...]) -> Session:
        channel = ScriptedTransport({"web1": Script(script)}).open(HostAddress("web1", "web1"))
        channel.receive(1)
        session = Session("web1", "shop", channel, self.events.append, Redactor(()))
        session.reopen = self._reopen
        return session

    def _reopen(self) -> Session:
        opening = self._openings.pop(0) if len(self._openings) > 1 else self._openings[0]
        if isinstance(opening, HostError):
            raise opening
        return self._made(opening)


def says(*answers: Message, fault: Fault | None = None) -> tuple[Exchange, ...]:
    told = [
        Exchange("facts", ({"event": "facts", "answers": {"outcome:r": one}},)) for one in answers
    ]
    return (*told, Exchange("facts", (), fault)) if fault else tuple(told)


GONE = HostUnreachable("No route.", host="web1", hint="wait")


def test_a_host_that_has_put_itself_back_says_so():
    lost = Lost(says(BACK))

    found = lost.resolved()

    assert found.outcome is Outcome.ROLLED_BACK
    assert found.cause.endswith("the controller was lost")
    assert isinstance(lost.events[-1], RecoveryFinished)


def test_it_waits_while_the_host_is_still_at_it():
    lost = Lost(says(OPEN, OPEN, {**OPEN, "at_work": False}, BACK))

    assert lost.resolved().outcome is Outcome.ROLLED_BACK
    assert lost.waiting.waits == [0.5, 1.0, 2.0]


def test_it_tries_again_while_the_host_cannot_be_reached():
    lost = Lost(GONE, GONE, GONE, says(BACK))

    assert lost.resolved().outcome is Outcome.ROLLED_BACK
    assert lost.waiting.waits == [0.5, 1.0, 2.0]


def test_it_tries_again_when_it_loses_the_host_once_more():
    lost = Lost(says(OPEN, fault=Fault.LOST_AFTER), says(BACK))

    assert lost.resolved().outcome is Outcome.ROLLED_BACK


def test_a_host_that_stays_away_is_unknown_with_the_time_when_it_has_decided():
    lost = Lost(GONE)

    found = lost.resolved(reach=60.0)

    assert found.outcome is Outcome.UNKNOWN
    assert "No route" in found.cause
    assert "by 03:09:35 UTC" in found.cause
    assert 60 < lost.waiting.time < 66
    assert max(lost.waiting.waits) == 5.0


def test_a_host_that_never_decides_is_unknown():
    lost = Lost(says(*[OPEN] * 100))

    found = lost.resolved()

    assert found.outcome is Outcome.UNKNOWN
    assert "still at work" in found.cause
    assert lost.waiting.time < 340


def test_a_changed_key_is_not_tried_again():
    lost = Lost(HostKeyChanged("Another key.", host="web1"))

    assert lost.resolved().outcome is Outcome.UNKNOWN
    assert lost.waiting.waits == []


def test_a_run_that_the_host_never_heard_of_is_aborted():
    lost = Lost(says({"run": "r", "outcome": "unknown"}))

    assert lost.resolved().outcome is Outcome.ABORTED


def test_a_run_that_was_committed_after_all_is_committed():
    lost = Lost(says({"run": "r", "outcome": "committed"}))

    assert lost.resolved() == Resolved(Outcome.COMMITTED, "")


def test_who_does_not_want_to_wait_gets_no_answer_and_no_connection():
    lost = Lost(ConnectionLost("Never asked.", host="web1"))
    lost.waiting.left = True

    found = lost.resolved()

    assert found.outcome is Outcome.UNKNOWN
    assert "nobody waited" in found.cause


def test_a_host_that_could_not_put_itself_back_says_what_to_do():
    lost = Lost(says({"run": "r", "outcome": "rollback_failed", "cause": "no disk"}))

    found = lost.resolved()

    assert (found.outcome, found.hint) == (
        Outcome.ROLLBACK_FAILED,
        "look at the host now: `inv status`",
    )


def test_a_question_that_the_agent_could_not_answer_is_asked_again():
    lost = Lost(says({"error": "the disk hangs"}), says(BACK))

    assert lost.resolved().outcome is Outcome.ROLLED_BACK
