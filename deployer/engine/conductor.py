"""Carries out a plan on all hosts: phase by phase, batch by batch, and back if one fails."""

import threading
from collections.abc import Iterable, Mapping, Sequence

from deployer.core.event import Emit, PhaseStarted, StepFailed
from deployer.core.order import Order
from deployer.core.plan import Plan, around_once
from deployer.core.report import HostReport, Outcome
from deployer.core.step import Phase, Step
from deployer.engine.compiler import Compiled, compile_phase
from deployer.engine.confirming import STEP, Confirming, Terms
from deployer.engine.finishing import Finishing
from deployer.engine.fleet import Fleet
from deployer.engine.reporting import host_report, not_begun, tell_compiled
from deployer.engine.resolving import LOST, Patience, Resolving
from deployer.engine.session import Ended, Session
from deployer.errors import AgentRefused, DeployerError, HostError, Locked


class Conductor:
    """One run of one plan. The phase decides what a failure means, not the step."""

    def __init__(
        self,
        plan: Plan,
        sessions: Mapping[str, Session],
        emit: Emit,
        stop: threading.Event,
        patience: Patience,
    ) -> None:
        self._plan = plan
        self._emit = emit
        self._stop = stop
        self._fleet = Fleet(sessions)
        self._resolving = Resolving(plan.run, emit, patience)
        self._finishing = Finishing(emit)
        self._confirming: Confirming | None = None
        self._lost: dict[str, HostError] = {}
        self._failed: dict[str, Ended] = {}
        self._outcomes: dict[str, Outcome] = {}

    def conduct(self, terms: Terms | None = None) -> tuple[HostReport, ...]:
        """Do all of it; afterwards every host is committed, untouched or put back.

        With terms the hosts commit only when they are confirmed over fresh connections.
        """
        if terms is None:
            return self._conduct()
        self._confirming = Confirming(self._plan, self._fleet, terms, self._emit)
        try:
            return self._conduct()
        finally:
            self._confirming.close()

    def _conduct(self) -> tuple[HostReport, ...]:
        prepared = self._compile(Phase.PREPARE, self._hosts)
        if self._failed or self._stop.is_set():
            return self._reports(Outcome.ABORTED)
        if self._begin() and self._before_live(prepared) and self._go_live() and self._decided():
            return self._finish()
        return self._unwind(self._reason())

    @property
    def _hosts(self) -> tuple[str, ...]:
        return tuple(target.host.name for target in self._plan.targets)

    def _begin(self) -> bool:
        answers = self._fleet.each(self._hosts, lambda session: session.begin(self._plan))
        for host, answer in answers.items():
            self._note_failure(host, "begin", answer)
            if answer is not None:
                self._outcomes[host] = not_begun(answer)
        return not self._failed

    def _before_live(self, prepared: Mapping[str, Compiled]) -> bool:
        return self._send(Phase.PREPARE, prepared) and self._phase(Phase.BUILD, self._hosts)

    def _go_live(self) -> bool:
        publish = self._plan.steps_of(Phase.PUBLISH)
        if len(self._hosts) > 1:
            before, once, publish = around_once(publish)
            if before and not self._phase(Phase.PUBLISH, self._hosts, before):
                return False
            if once and not self._phase(Phase.PUBLISH, self._plan.leaders, once):
                return False
        return all(
            self._phase(Phase.PUBLISH, batch, publish) and self._phase(Phase.VERIFY, batch)
            for batch in self._plan.batches
        )

    def _decided(self) -> bool:
        """Whether all hosts go on: at once, or when the one that leads has been confirmed."""
        if self._confirming is None:
            return True
        self._note_failures(self._confirming.agreed(self._to_finish()))
        if self._failed or self._stop.is_set():
            return False
        self._note_failures(self._confirming.decided())
        return not self._failed

    def _note_failures(self, errors: Mapping[str, DeployerError]) -> None:
        for host, error in errors.items():
            self._note_failure(host, STEP, error)

    def _phase(
        self, phase: Phase, hosts: Sequence[str], steps: tuple[Step, ...] | None = None
    ) -> bool:
        compiled = self._compile(phase, hosts, steps)
        return not self._failed and self._send(phase, compiled)

    def _compile(
        self, phase: Phase, hosts: Sequence[str], steps: tuple[Step, ...] | None = None
    ) -> dict[str, Compiled]:
        wanted = self._plan.steps_of(phase) if steps is None else steps
        if wanted and not self._stop.is_set():
            self._emit(PhaseStarted(phase, tuple(hosts)))
        compiled: dict[str, Compiled] = {}
        for host in hosts:
            facts = self._fleet.session(host).facts
            one = compile_phase(phase, wanted, self._plan.target(host), facts)
            compiled[host] = one
            refused = tell_compiled(self._emit, host, one)
            if refused is not None:
                self._failed[host] = refused
        return compiled

    def _send(self, phase: Phase, compiled: Mapping[str, Compiled]) -> bool:
        if self._stop.is_set():
            return False
        orders = {host: one.order for host, one in compiled.items() if one.order.steps}
        ended = self._fleet.each(orders, lambda session: session.order(orders[session.host]))
        for host, end in ended.items():
            self._note_failure(host, phase.lower(), end)
        return not self._failed and not self._stop.is_set()

    def _note_failure(self, host: str, step: str, end: Ended | DeployerError | None) -> None:
        match end:
            case Ended(ok=False):
                self._failed[host] = end
            case DeployerError():
                self._note_lost(host, end)
                self._failed[host] = Ended(ok=False, step=step, cause=end.message, hint=end.hint)
                self._emit(StepFailed(host, step, 0.0, end.message, end.hint))
            case _:
                pass

    def _note_lost(self, host: str, error: DeployerError) -> None:
        if isinstance(error, LOST):
            self._lost[host] = error

    def _reason(self) -> str:
        if self._stop.is_set():
            return "interrupted"
        return "; ".join(f"{host} failed in {end.step}" for host, end in self._failed.items())

    def _unwind(self, reason: str) -> tuple[HostReport, ...]:
        self._undo((host for host in self._hosts if self._has_begun(host)), reason)
        return self._reports(Outcome.ABORTED)

    def _has_begun(self, host: str) -> bool:
        # A host that was lost may have begun without our hearing of it.
        return self._fleet.session(host).began or host in self._lost

    def _undo(self, hosts: Iterable[str], reason: str) -> None:
        # A host that was lost says nothing against the release.
        bad = any(host not in self._lost for host in self._failed)
        ends = self._fleet.each(hosts, lambda session: self._put_back(session, reason, bad=bad))
        for host, end in ends.items():
            self._outcomes[host] = end if isinstance(end, Outcome) else self._unsure(host, end)

    def _put_back(self, session: Session, reason: str, *, bad: bool) -> Outcome:
        error = self._lost.get(session.host)
        if error is None:
            try:
                return session.undo(reason, by_person=self._stop.is_set(), found_bad=bad)
            except HostError as trouble:
                error = trouble
        return self._resolve(session, error)

    def _resolve(self, session: Session, error: HostError) -> Outcome:
        """Ask a host that was lost what became of the run; our own words count no more."""
        found = self._resolving.resolve(session, error.message)
        step = self._failed.get(session.host, Ended(ok=False)).step
        self._failed.pop(session.host, None)
        if found.outcome is not Outcome.COMMITTED:
            cause = found.cause or error.message
            self._failed[session.host] = Ended(ok=False, step=step, cause=cause, hint=found.hint)
        return found.outcome

    def _to_finish(self) -> dict[str, Order]:
        steps = self._plan.steps_of(Phase.FINISH)
        targets = {target.host.name: target for target in self._plan.targets}
        return {
            host: compile_phase(Phase.FINISH, steps, on, self._fleet.session(host).facts).order
            for host, on in targets.items()
        }

    def _finish(self) -> tuple[HostReport, ...]:
        orders = {host: one.order for host, one in self._compile(Phase.FINISH, self._hosts).items()}
        ends = self._fleet.each(self._hosts, lambda session: self._end(session, orders))
        for host, end in ends.items():
            self._outcomes[host] = end if isinstance(end, Outcome) else self._unsure(host, end)
        if self._confirming is None:
            # A host that says no has not committed, and can still be asked to put itself back.
            refused = [host for host, end in ends.items() if isinstance(end, Locked | AgentRefused)]
            self._undo(refused, "it refused to commit")
        return self._reports(Outcome.COMMITTED)

    def _unsure(self, host: str, error: DeployerError) -> Outcome:
        self._failed.setdefault(host, Ended(ok=False, cause=error.message, hint=error.hint))
        return Outcome.UNKNOWN

    def _end(self, session: Session, orders: Mapping[str, Order]) -> Outcome:
        order = orders[session.host]
        try:
            if self._confirming is not None:
                return self._follow(self._confirming, session, order)
            self._finishing.commit(session, order)
        except LOST as error:
            return self._resolve(session, error)
        return Outcome.COMMITTED

    def _follow(self, confirming: Confirming, session: Session, order: Order) -> Outcome:
        found = confirming.follow(session)
        if found.outcome is Outcome.COMMITTED:
            self._finishing.touch_up(session, order)
        else:
            cause = found.cause or "nobody knows what became of it"
            self._failed[session.host] = Ended(ok=False, step=STEP, cause=cause)
        return found.outcome

    def _reports(self, otherwise: Outcome) -> tuple[HostReport, ...]:
        return tuple(
            host_report(
                self._plan,
                host,
                self._outcomes.get(host, otherwise),
                self._failed.get(host, Ended(ok=True)),
            )
            for host in self._hosts
        )
