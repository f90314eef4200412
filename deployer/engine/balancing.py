"""Balancers in a run: each takes part with its own journal, and leaves a batch out meanwhile."""

import threading
from collections.abc import Callable, Mapping

from deployer.core.around import BalancerPlan, Hosts
from deployer.core.event import Emit, Noticed
from deployer.core.report import HostReport, Outcome
from deployer.core.step import Phase, Step
from deployer.engine.compiler import Compiled, compile_phase, questions
from deployer.engine.fleet import Fleet
from deployer.engine.reporting import not_begun, tell_compiled
from deployer.engine.resolving import LOST, Patience, Resolving
from deployer.engine.session import Session
from deployer.engine.tally import Tally
from deployer.engine.undoing import Undoing
from deployer.errors import DeployerError


class Balancing:
    """The way of all balancers through one run; see `deployer.core.around.Around`."""

    def __init__(
        self,
        work: BalancerPlan,
        sessions: Mapping[str, Session],
        emit: Emit,
        stop: threading.Event,
        patience: Patience,
    ) -> None:
        self._work = work
        self._emit = emit
        self._stop = stop
        self._fleet = Fleet(sessions)
        self._tally = Tally(work.plan, emit)
        resolving = Resolving(work.plan.run, emit, patience)
        self._undoing = Undoing(self._fleet, resolving, self._tally, stop)
        self._hosts = tuple(target.host.name for target in work.plan.targets)
        self._changed: set[str] = set()

    @property
    def reason(self) -> str:
        return self._tally.reason

    def begin(self) -> bool:
        answers = self._fleet.each(self._hosts, lambda session: session.begin(self._work.plan))
        self._tally.note_all("begin", answers)
        for host, answer in answers.items():
            if answer is not None:
                self._tally.outcomes[host] = not_begun(answer)
        steps = self._work.plan.steps_of(Phase.BUILD)
        return self._is_well and self._order(Phase.BUILD, lambda _: steps)

    def before(self, batch: Hosts) -> bool:
        return self._order(
            Phase.PUBLISH, lambda host: (self._work.leave_out(batch, self._is_first(host)),)
        )

    def after(self, serving: Hosts) -> bool:
        return self._order(
            Phase.PUBLISH, lambda host: (self._work.take_in(serving, self._is_first(host)),)
        )

    def commit(self, serving: Hosts, broken: Hosts) -> None:
        if not self._tally.failed:  # also after a Ctrl-C: the hosts have committed by now
            self._carry_out(
                self._hosts,
                Phase.PUBLISH,
                lambda host: (self._work.end(serving, broken, self._is_first(host)),),
            )
        if self._tally.failed:
            self._emit(Noticed(f"the balancer goes back: {self.reason}", "warning"))
            self._undoing.undo(self._hosts, self.reason, found_bad=False)
            self._tell_broken(broken, self._hosts)
            return
        for host, end in self._fleet.each(self._hosts, self._end).items():
            self._tally.end(host, end)
        self._tell_broken(broken, ())

    def unwind(self, reason: str, broken: Hosts) -> None:
        kept = self._keep_out(broken) if broken and self._changed else ()
        others = tuple(host for host in self._hosts if host not in kept)
        self._undoing.undo(others, reason, found_bad=False)
        if self._changed:
            self._tell_broken(broken, others)

    def reports(self) -> tuple[HostReport, ...]:
        return self._tally.reports(Outcome.ABORTED)

    @property
    def _is_well(self) -> bool:
        return not self._tally.failed and not self._stop.is_set()

    def _is_first(self, host: str) -> bool:
        return host not in self._changed

    def _keep_out(self, broken: Hosts) -> Hosts:
        """Leave out for good what could not be put back; gives the balancers that do so.

        One that has failed, or was interrupted, takes no more orders.
        """
        if self._stop.is_set():
            return ()
        able = self._without_failed(self._hosts)
        for host in able:  # one by one: what one cannot do, another may
            self._carry_out((host,), Phase.VERIFY, lambda _: (self._work.keep_out(broken),))
        able = self._without_failed(able)
        for host, end in self._fleet.each(able, self._end).items():
            kept = end is Outcome.COMMITTED
            self._tally.end(host, Outcome.ROLLED_BACK if kept else end)
        return able

    def _tell_broken(self, broken: Hosts, sending: Hosts) -> None:
        if not broken:
            return
        names = ", ".join(broken)
        text = f"{names} could not be put back and gets no requests until a run ends well there"
        if sending:
            lbs = ", ".join(sending)
            text = f"{names} could not be put back, and {lbs} may send requests there: `inv drain`"
        self._emit(Noticed(text, "error" if sending else "warning"))

    def _without_failed(self, hosts: Hosts) -> Hosts:
        return tuple(host for host in hosts if host not in self._tally.failed)

    def _order(self, phase: Phase, steps: Callable[[str], tuple[Step, ...]]) -> bool:
        if self._is_well:
            self._carry_out(self._hosts, phase, steps)
        return self._is_well

    def _carry_out(
        self, hosts: Hosts, phase: Phase, steps: Callable[[str], tuple[Step, ...]]
    ) -> None:
        """Have these do it, if it can be done on all of them."""
        done = self._fleet.each(hosts, lambda one: self._compiled(one, phase, steps))
        compiled = {host: one for host, one in done.items() if isinstance(one, Compiled)}
        self._tally.note_all("balancer", _errors(done))
        for host, one in compiled.items():
            refused = tell_compiled(self._emit, host, one)
            if refused is not None:
                self._tally.failed[host] = refused
        orders = {host: one.order for host, one in compiled.items() if one.order.steps}
        if not orders or self._without_failed(hosts) != hosts:
            return
        if phase is not Phase.BUILD:
            self._changed.update(orders)
        ended = self._fleet.each(orders, lambda session: session.order(orders[session.host]))
        self._tally.note_all("balancer", ended)

    def _compiled(
        self, session: Session, phase: Phase, steps: Callable[[str], tuple[Step, ...]]
    ) -> Compiled:
        wanted, on = steps(session.host), self._work.plan.target(session.host)
        session.ask(questions(wanted, on))
        return compile_phase(phase, wanted, on, session.facts)

    def _end(self, session: Session) -> Outcome:
        try:
            session.send_commit()
            session.await_commit()
        except LOST as error:
            return self._undoing.resolve(session, error)
        return Outcome.COMMITTED


def _errors(done: Mapping[str, Compiled | DeployerError]) -> dict[str, DeployerError]:
    return {host: one for host, one in done.items() if isinstance(one, DeployerError)}
