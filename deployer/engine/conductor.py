"""Carries out a plan on all hosts: phase by phase, batch by batch, and back if hosts fail."""

import threading
from collections.abc import Mapping, Sequence

from deployer.core.around import Around, Nothing
from deployer.core.event import Emit, Noticed, PhaseStarted
from deployer.core.order import Order
from deployer.core.plan import Plan, around_once
from deployer.core.report import HostReport, Outcome
from deployer.core.step import Phase, Step
from deployer.engine.compiler import Compiled, compile_phase
from deployer.engine.confirming import STEP, Confirming, Terms
from deployer.engine.finishing import Finishing
from deployer.engine.fleet import Fleet
from deployer.engine.reporting import not_begun, tell_compiled
from deployer.engine.resolving import LOST, Patience, Resolving
from deployer.engine.rolling import Rolling
from deployer.engine.session import Ended, Session
from deployer.engine.tally import Tally
from deployer.engine.undoing import Undoing
from deployer.errors import AgentRefused, Locked

_LOOK = 0.2
"""Seconds until a person who presses Ctrl-C in a pause is heard."""


class Conductor:
    """One run of one plan. The phase decides what a failure means, not the step."""

    def __init__(
        self,
        plan: Plan,
        sessions: Mapping[str, Session],
        emit: Emit,
        stop: threading.Event,
        patience: Patience,
        around: Around | None = None,
    ) -> None:
        self._around = around or Nothing()
        self._plan = plan
        self._emit = emit
        self._stop = stop
        self._clock = patience.clock
        self._fleet = Fleet(sessions)
        self._tally = Tally(plan, emit)
        self._rolling = Rolling(plan)
        resolving = Resolving(plan.run, emit, patience)
        self._undoing = Undoing(self._fleet, resolving, self._tally, stop)
        self._finishing = Finishing(emit)
        self._confirming: Confirming | None = None

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
        prepared = self._compile(Phase.PREPARE, self._rolling.hosts)
        if not self._goes_on():
            return self._tally.reports(Outcome.ABORTED)
        if self._begin() and self._before_live(prepared) and self._go_live() and self._decided():
            return self._finish()
        return self._unwind()

    def _goes_on(self) -> bool:
        """Whether all are well, or the rollout bears to go on without those that are not."""
        if self._stop.is_set():
            return False
        failing = self._tally.failing(self._rolling.hosts)
        if not failing:
            return True
        if not self._rolling.bears(failing):
            return False
        self._drop(failing, self._tally.reason)
        return True

    def _drop(self, hosts: Sequence[str], reason: str) -> None:
        # The others keep the release, so nothing is frozen: these can be brought to it later.
        self._undoing.undo(hosts, reason, found_bad=False)
        self._rolling.leave(hosts)

    def _begin(self) -> bool:
        answers = self._fleet.each(self._rolling.hosts, lambda session: session.begin(self._plan))
        self._tally.note_all("begin", answers)
        refused = {host: answer for host, answer in answers.items() if answer is not None}
        for host, answer in refused.items():
            self._tally.outcomes[host] = not_begun(answer)
        return not refused and self._around.begin()

    def _before_live(self, prepared: Mapping[str, Compiled]) -> bool:
        return self._send(Phase.PREPARE, prepared) and self._phase(Phase.BUILD, self._rolling.hosts)

    def _go_live(self) -> bool:
        publish = self._plan.steps_of(Phase.PUBLISH)
        if len(self._plan.targets) > 1:
            before, once, publish = around_once(publish)
            if before and not self._phase(Phase.PUBLISH, self._rolling.hosts, before):
                return False
            if once and not self._phase(Phase.PUBLISH, self._plan.leaders, once):
                return False
        self._rolling.has_switched = True
        for number, batch in enumerate(self._plan.batches, 1):
            if not (self._switch(batch, publish) and self._between(number)):
                return self._keeps_some()
        return True

    def _switch(self, batch: tuple[str, ...], publish: tuple[Step, ...]) -> bool:
        if not self._around.before(self._rolling.among(batch)):
            return False
        if not (self._phase(Phase.PUBLISH, batch, publish) and self._phase(Phase.VERIFY, batch)):
            return False
        self._rolling.prove(self._rolling.among(batch))
        return (
            self._around.after(self._tally.serving(batch, self._rolling.proven))
            and not self._rolling.is_over
        )

    def _between(self, number: int) -> bool:
        """Watch the hosts that have switched, then wait; whether the next batch may begin."""
        count = len(self._plan.batches)
        if number == count:
            return True
        proven, rollout = self._rolling.proven, self._plan.rollout
        watched = not self._plan.between or self._phase(Phase.VERIFY, proven, self._plan.between)
        if not watched or self._rolling.is_over:
            return False
        if rollout.pause:
            text = f"batch {number} of {count} is live; the next one begins in {rollout.pause:g} s"
            self._emit(Noticed(text))
        ends = self._clock.monotonic() + rollout.pause
        while (left := ends - self._clock.monotonic()) > 0 and not self._stop.is_set():
            self._clock.sleep(min(_LOOK, left))
        return not self._stop.is_set()

    def _keeps_some(self) -> bool:
        """The rollout stops: whether hosts keep the release while all others go back."""
        hosts = self._rolling.hosts
        stay = (
            ()
            if self._stop.is_set() or self._around.reason
            else self._rolling.keeps(self._tally.failing(hosts))
        )
        if not stay:
            return False
        self._emit(Noticed(f"the rollout stops; {', '.join(stay)} keep the release", "warning"))
        self._drop([host for host in hosts if host not in stay], self._tally.reason)
        return True

    def _decided(self) -> bool:
        """Whether all hosts go on: at once, or when the one that leads has been confirmed."""
        if self._confirming is None:
            return True
        agreed = self._confirming.agreed(self._rolling.hosts, self._to_finish())
        self._tally.note_all(STEP, agreed)
        if self._stop.is_set() or self._confirming.leader in self._tally.failed:
            return False
        if not (self._goes_on() or self._keeps_some()):
            return False
        self._tally.note_all(STEP, self._confirming.decided())
        return not self._tally.failing(self._rolling.hosts)

    def _phase(
        self, phase: Phase, hosts: Sequence[str], steps: tuple[Step, ...] | None = None
    ) -> bool:
        compiled = self._compile(phase, self._rolling.among(hosts), steps)
        return self._goes_on() and self._send(phase, compiled)

    def _compile(
        self, phase: Phase, hosts: Sequence[str], steps: tuple[Step, ...] | None = None
    ) -> dict[str, Compiled]:
        wanted = self._plan.steps_of(phase) if steps is None else steps
        if wanted and hosts and not self._stop.is_set():
            self._emit(PhaseStarted(phase, tuple(hosts)))
        compiled: dict[str, Compiled] = {}
        for host in hosts:
            facts = self._fleet.session(host).facts
            one = compile_phase(phase, wanted, self._plan.target(host), facts)
            compiled[host] = one
            refused = tell_compiled(self._emit, host, one)
            if refused is not None:
                self._tally.failed[host] = refused
        return compiled

    def _send(self, phase: Phase, compiled: Mapping[str, Compiled]) -> bool:
        if self._stop.is_set():
            return False
        here = self._rolling.among(compiled)
        orders = {host: compiled[host].order for host in here if compiled[host].order.steps}
        ended = self._fleet.each(orders, lambda session: session.order(orders[session.host]))
        self._tally.note_all(phase.lower(), ended)
        return self._goes_on()

    def _unwind(self) -> tuple[HostReport, ...]:
        told = self._tally.reason or self._around.reason
        reason = "interrupted" if self._stop.is_set() else told
        self._undoing.undo(self._rolling.hosts, reason, found_bad=self._tally.found_bad)
        self._around.unwind(reason, self._tally.broken)
        return (*self._tally.reports(Outcome.ABORTED), *self._around.reports())

    def _to_finish(self) -> dict[str, Order]:
        steps = self._plan.steps_of(Phase.FINISH)
        return {
            host: compile_phase(
                Phase.FINISH, steps, self._plan.target(host), self._fleet.session(host).facts
            ).order
            for host in self._rolling.hosts
        }

    def _finish(self) -> tuple[HostReport, ...]:
        compiled = self._compile(Phase.FINISH, self._rolling.hosts)
        orders = {host: one.order for host, one in compiled.items()}
        ends = self._fleet.each(orders, lambda session: self._end(session, orders))
        for host, end in ends.items():
            self._tally.end(host, end)
        if self._confirming is None:
            # A host that says no has not committed, and can still be asked to put itself back.
            refused = [host for host, end in ends.items() if isinstance(end, Locked | AgentRefused)]
            self._undoing.undo(refused, "it refused to commit", found_bad=self._tally.found_bad)
        everywhere = [target.host.name for target in self._plan.targets]
        serving = self._tally.serving(everywhere, self._rolling.proven)
        self._around.commit(serving, self._tally.broken)
        return (*self._tally.reports(Outcome.COMMITTED), *self._around.reports())

    def _end(self, session: Session, orders: Mapping[str, Order]) -> Outcome:
        order = orders[session.host]
        try:
            if self._confirming is not None:
                return self._follow(self._confirming, session, order)
            self._finishing.commit(session, order)
        except LOST as error:
            return self._undoing.resolve(session, error)
        return Outcome.COMMITTED

    def _follow(self, confirming: Confirming, session: Session, order: Order) -> Outcome:
        found = confirming.follow(session)
        if found.outcome is Outcome.COMMITTED:
            self._finishing.touch_up(session, order)
        else:
            cause = found.cause or "nobody knows what became of it"
            self._tally.failed[session.host] = Ended(ok=False, step=STEP, cause=cause)
        return found.outcome
