"""Has a fleet committed over fresh connections: the leader's record decides, the others follow.

Every host waits for its confirm, the leader not as long as the others. If we die before the
leader has it, all go back by themselves. If we die after it, those that go back have ended the
run otherwise than the leader's journal says, which every later command sees.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from deployer.core.clock import Clock
from deployer.core.event import Emit, Noticed, StepFinished, StepStarted
from deployer.core.order import Order, Wire
from deployer.core.plan import Plan
from deployer.core.report import Outcome
from deployer.core.run_outcome import RunOutcome, parse_run_outcome, run_outcome
from deployer.engine.fleet import Fleet
from deployer.engine.session import Session
from deployer.errors import AgentRefused, DeployerError, HostError, NotConfirmed

STEP = "confirm"
_TRY = 12.0
"""Seconds for one confirm: a host that writes to a slow disk is just asked once more."""
_PAUSE = 0.5
_EACH = 0.5
"""Seconds more for each other host: the leader waits while all of them are looked at."""
Errors = dict[str, DeployerError]


@dataclass(frozen=True, slots=True)
class Terms:
    """How long one host waits for its confirm, and who looks first; a fleet waits longer.

    `look` asks a host over a session that was just opened, and gives what is wrong or "".
    """

    deadline: float
    look: Callable[[Session], str]
    clock: Clock


class Confirming:
    """One run's confirms."""

    def __init__(self, plan: Plan, fleet: Fleet, terms: Terms, emit: Emit) -> None:
        self._plan = plan
        self._fleet = fleet
        self._terms = terms
        self._emit = emit
        self._fresh: dict[str, Session] = {}
        self.hosts: tuple[str, ...] = ()
        self.leader = ""

    def agreed(self, hosts: tuple[str, ...], to_finish: Mapping[str, Order]) -> Errors:
        """Have all hosts wait, then look at each anew; gives what stands in the way.

        With each goes what it has to do after its commit, in case nobody can order that then.
        """
        self.hosts = hosts
        self.leader = next((host for host in hosts if host in self._plan.leaders), hosts[0])

        def propose(session: Session) -> None:
            self._propose(session, to_finish[session.host])

        # The leader first: its deadline, the shorter one, must also end first.
        return (
            self._errors((self.leader,), propose)
            or self._errors(self._others, propose)
            or self._errors(self.hosts, self._look)
        )

    def decided(self) -> Errors:
        """Have the leader commit: that is the decision; gives what went wrong, or nothing."""
        return self._errors((self.leader,), self._decide)

    def follow(self, session: Session) -> RunOutcome:
        """Have a host commit after the decision, and tell what became of the run there."""
        if session.host == self.leader:
            return RunOutcome(self._plan.run, Outcome.COMMITTED, is_known=True)
        return self._confirm(session)

    def close(self) -> None:
        """Hang up on the fresh connections."""
        for session in self._fresh.values():
            session.close()
        self._fresh.clear()

    @property
    def _others(self) -> tuple[str, ...]:
        return tuple(host for host in self.hosts if host != self.leader)

    def _errors(self, hosts: Iterable[str], work: Callable[[Session], object]) -> Errors:
        names = tuple(hosts)
        found = self._fleet.each(names, work) if names else {}
        return {host: one for host, one in found.items() if isinstance(one, DeployerError)}

    def _propose(self, session: Session, to_finish: Order) -> None:
        wire = Wire()
        session.exchange(
            {
                "verb": "propose",
                "deadline": self._deadline(session.host),
                "host": session.host,
                "leader": self.leader,
                "fleet": list(self._fleet_of(session.host)),
                "finish": wire.order(to_finish),
            },
            ("awaiting",),
            blobs=wire.blobs,
        )

    def _fleet_of(self, host: str) -> tuple[str, ...]:
        """Whom a host is told of: only the leader's record names the whole fleet."""
        return self.hosts if host == self.leader else (self.leader, host)

    def _deadline(self, host: str) -> float:
        """The others wait twice as long, so that the leader can decide at its last moment."""
        leaders = self._terms.deadline + _EACH * (len(self.hosts) - 1)
        return leaders if host == self.leader else leaders * 2

    def _look(self, session: Session) -> None:
        self._emit(StepStarted(session.host, STEP))
        try:
            cause = self._terms.look(self._anew(session))
        except HostError as error:
            raise NotConfirmed(
                f"it cannot be reached anew: {error.message}", host=session.host, hint=error.hint
            ) from error
        if cause:
            raise NotConfirmed(
                cause,
                host=session.host,
                hint="the host itself called it healthy; look at its firewall, its site, its sshd",
            )

    def _decide(self, session: Session) -> None:
        found = self._confirm(session)
        if found.outcome is not Outcome.COMMITTED:
            text = f"it was not committed: {found.cause or found.outcome}"
            raise NotConfirmed(text, host=session.host, hint="`inv history` shows its journal")

    def _confirm(self, session: Session) -> RunOutcome:
        began = self._terms.clock.monotonic()
        found = self._confirmed(session, began + self._terms.deadline)
        if found.outcome is Outcome.COMMITTED:
            session.began = False  # nothing is left to undo or to cancel
            seconds = self._terms.clock.monotonic() - began
            self._emit(StepFinished(session.host, STEP, seconds, note="over a new connection"))
        return found

    def _confirmed(self, session: Session, ends: float) -> RunOutcome:
        """Confirm, over one fresh connection after the other until `ends`; raises HostError."""
        while True:
            late = self._terms.clock.monotonic() >= ends
            try:
                found = self._once(session)
            except HostError as error:
                self._hang_up(session.host)
                text = f"its link was lost in the confirm, it is asked again: {error.message}"
                self._emit(Noticed(text, "warning", session.host))
                if late:
                    return self._told_by_the_old_connection(session)
            else:
                # One that is going back by itself is asked until it has its end.
                if not found.is_open or session.host == self.leader or late:
                    return found
            self._terms.clock.sleep(_PAUSE)

    def _once(self, session: Session) -> RunOutcome:
        """Confirm, and ask what became of the run if the host does not take it."""
        fresh = self._anew(session)
        try:
            said = fresh.exchange({"verb": "confirm", "run": self._plan.run}, ("verdict",), _TRY)
        except AgentRefused as no:
            fresh.ask((run_outcome(self._plan.run),))
            found = fresh.facts[run_outcome(self._plan.run)]
            return replace(found, cause=found.cause or no.message)
        return parse_run_outcome(said)

    def _told_by_the_old_connection(self, session: Session) -> RunOutcome:
        # A link that was cut in the middle of a confirm leaves the one from before as a witness.
        session.ask((run_outcome(self._plan.run),))
        return session.facts[run_outcome(self._plan.run)]

    def _anew(self, session: Session) -> Session:
        if session.host not in self._fresh:
            self._fresh[session.host] = session.reopen()
        return self._fresh[session.host]

    def _hang_up(self, host: str) -> None:
        fresh = self._fresh.pop(host, None)
        if fresh is not None:
            fresh.close()
