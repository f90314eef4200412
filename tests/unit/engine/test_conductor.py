import threading
from dataclasses import dataclass

import pytest

from deployer.api.place import SystemClock
from deployer.core.action import Action
from deployer.core.actions.units import StartUnit
from deployer.core.event import Event, Noticed, PhaseStarted, StepFailed, StepSkipped
from deployer.core.fact import Fact, Facts
from deployer.core.plan import Plan
from deployer.core.report import HostReport, Outcome
from deployer.core.step import Phase, Refuse, Scope, Skip, Target, Work
from deployer.core.transport import HostAddress, Message
from deployer.engine.conductor import Conductor
from deployer.engine.redact import Redactor
from deployer.engine.resolving import Patience
from deployer.engine.session import Session
from deployer.transport.scripted import Exchange, Fault, Script, ScriptedTransport
from tests.shop_values import OLD, RELEASE, hosts_of, inventory

BEGIN = Exchange("begin", ({"event": "begun"},))
GOOD: Message = {"event": "order", "ok": True}
BAD: Message = {"event": "order", "ok": False, "step": "one", "cause": "broken", "hint": "mend"}
ORDER = Exchange("order", (GOOD,))
COMMIT = Exchange("commit", ({"event": "committed"},))
ABORTED = Exchange("undo", ({"event": "undone", "outcome": "aborted"},))
BACK = Exchange("undo", ({"event": "undone", "outcome": "rolled_back"},))


@dataclass(frozen=True)
class Plain:
    name: str = "one"
    phase: Phase = Phase.BUILD
    work: Work = (StartUnit("x"),)
    scope: Scope = Scope.EACH

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        return ()

    def do(self, on: Target, facts: Facts) -> Work:
        return self.work

    def undo(self, on: Target, facts: Facts) -> tuple[Action, ...]:
        return ()


class Run:
    """One run of steps on scripted hosts, all in one batch."""

    def __init__(self, steps: tuple[Plain, ...], *scripts: tuple[Exchange, ...]) -> None:
        self.events: list[Event] = []
        self.stop = threading.Event()
        whole = inventory(hosts=hosts_of(len(scripts)))
        names = tuple(whole.hosts)
        transport = ScriptedTransport(
            {name: Script(script) for name, script in zip(names, scripts, strict=True)}
        )
        self.transport = transport
        sessions = {name: self._session(name) for name in names}
        on = tuple(
            Target(whole, host, RELEASE, leader=host.name == "web1")
            for host in whole.hosts.values()
        )
        live = dict.fromkeys(names, OLD)
        plan = Plan("r", "deploy", "ann", steps, on, (names,), {}, {}, live, RELEASE)
        patience = Patience(SystemClock(), 0.0)
        self.conductor = Conductor(plan, sessions, self.events.append, self.stop, patience)

    def _session(self, name: str) -> Session:
        channel = self.transport.open(HostAddress(name, name))
        channel.receive(1)
        return Session(name, "shop", channel, self.events.append, Redactor(()))

    def conduct(self) -> tuple[HostReport, ...]:
        reports = self.conductor.conduct()
        assert all(not self.transport.unplayed(name) for name in self.transport.heard)
        return reports


def test_all_went_well():
    run = Run((Plain(),), (BEGIN, ORDER, COMMIT))

    assert run.conduct() == (HostReport("web1", Outcome.COMMITTED, "000042-1a2b3c4"),)
    assert run.events[0] == PhaseStarted(Phase.BUILD, ("web1",))


def test_a_failure_while_building_is_undone_on_all_hosts():
    run = Run((Plain(),), (BEGIN, Exchange("order", (BAD,)), ABORTED), (BEGIN, ORDER, ABORTED))

    assert run.conduct() == (
        HostReport("web1", Outcome.ABORTED, OLD, "one", "broken", "mend"),
        HostReport("web2", Outcome.ABORTED, OLD),
    )


def test_a_step_that_is_skipped_sends_no_order():
    run = Run((Plain(work=Skip("done")),), (BEGIN, COMMIT))

    run.conduct()

    assert StepSkipped("web1", "one", "done") in run.events


def test_a_refusal_before_the_beginning_begins_nothing():
    run = Run((Plain(phase=Phase.PREPARE, work=Refuse("full", "make room")),), (), ())

    assert [report.outcome for report in run.conduct()] == [Outcome.ABORTED] * 2
    assert StepFailed("web1", "one", 0.0, "full", "make room") in run.events


def test_a_refusal_later_is_undone():
    run = Run((Plain(work=Refuse("no")),), (BEGIN, ABORTED))

    assert run.conduct() == (HostReport("web1", Outcome.ABORTED, OLD, "one", "no"),)


def test_what_is_done_once_comes_before_any_batch():
    once = Plain("once", Phase.PUBLISH, scope=Scope.ONCE)
    each = Plain("each", Phase.PUBLISH)
    run = Run((once, each), (BEGIN, ORDER, ORDER, COMMIT), (BEGIN, ORDER, COMMIT))

    run.conduct()

    phases = [event for event in run.events if isinstance(event, PhaseStarted)]
    assert phases == [
        PhaseStarted(Phase.PUBLISH, ("web1",)),
        PhaseStarted(Phase.PUBLISH, ("web1", "web2")),
    ]


def test_all_hosts_do_what_stands_before_that_which_is_done_once():
    steps = (
        Plain("stop", Phase.PUBLISH),
        Plain("swap", Phase.PUBLISH, scope=Scope.ONCE),
        Plain("start", Phase.PUBLISH),
    )
    run = Run(steps, (BEGIN, ORDER, ORDER, ORDER, COMMIT), (BEGIN, ORDER, ORDER, COMMIT))

    run.conduct()

    phases = [event.hosts for event in run.events if isinstance(event, PhaseStarted)]
    assert phases == [("web1", "web2"), ("web1",), ("web1", "web2")]


def test_nothing_is_done_once_when_a_host_fails_before_it():
    steps = (
        Plain("stop", Phase.PUBLISH),
        Plain("swap", Phase.PUBLISH, scope=Scope.ONCE),
    )
    run = Run(steps, (BEGIN, ORDER, BACK), (BEGIN, Exchange("order", (BAD,)), BACK))

    assert [report.outcome for report in run.conduct()] == [Outcome.ROLLED_BACK] * 2


def test_a_failure_of_what_is_done_once_leaves_the_others_out_of_it():
    once = Plain("once", Phase.PUBLISH, scope=Scope.ONCE)
    run = Run(
        (once, Plain("each", Phase.PUBLISH)),
        (BEGIN, Exchange("order", (BAD,)), BACK),
        (BEGIN, ABORTED),
    )

    outcomes = [report.outcome for report in run.conduct()]

    assert outcomes == [Outcome.ROLLED_BACK, Outcome.ABORTED]


def test_the_finish_travels_with_the_commit_and_only_warns():
    run = Run((Plain(phase=Phase.FINISH),), (BEGIN, COMMIT, Exchange("order", (BAD,))))

    assert run.conduct() == (HostReport("web1", Outcome.COMMITTED, "000042-1a2b3c4"),)
    warning = "finishing touches failed in step `one`: broken"
    assert Noticed(warning, "warning", "web1") in run.events


def test_a_stop_before_the_beginning_begins_nothing():
    run = Run((Plain(),), ())
    run.stop.set()

    assert run.conduct() == (HostReport("web1", Outcome.ABORTED, OLD),)


def test_a_stop_during_a_phase_sends_no_further_order():
    run = Run((Plain(), Plain("two", Phase.PUBLISH)), (BEGIN, ABORTED))
    run.conductor._emit = lambda _: run.stop.set()  # the first event is that BUILD starts

    assert run.conduct() == (HostReport("web1", Outcome.ABORTED, OLD),)


@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER])
def test_a_lost_host_is_unknown_and_the_others_go_back(fault):
    lost = Exchange("order", (), fault)
    run = Run((Plain(),), (BEGIN, lost), (BEGIN, ORDER, ABORTED))

    first, second = run.conduct()

    assert (first.outcome, first.release, first.step) == (Outcome.UNKNOWN, "", "build")
    assert second == HostReport("web2", Outcome.ABORTED, OLD)
