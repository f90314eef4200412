import threading

from deployer.api.place import SystemClock
from deployer.core.actions.units import StartUnit
from deployer.core.around import BalancerPlan, Hosts, Nothing
from deployer.core.event import Event, Noticed
from deployer.core.plan import Plan
from deployer.core.report import Outcome
from deployer.core.step import Phase, Skip, Target, Work
from deployer.core.transport import HostAddress
from deployer.engine.balancing import Balancing
from deployer.engine.redact import Redactor
from deployer.engine.resolving import Patience
from deployer.engine.session import Session
from deployer.transport.scripted import Exchange, Script, ScriptedTransport
from tests.shop_values import RELEASE, Section, inventory
from tests.unit.engine.test_conductor import (
    ABORTED,
    BACK,
    BAD,
    BEGIN,
    COMMIT,
    ORDER,
    Plain,
    Run,
)

CHANGE = (StartUnit("x"),)


class Played:
    """Balancers that play a script; the steps carry what they were made of in their names."""

    def __init__(self, *scripts: tuple[Exchange, ...], work: Work = CHANGE) -> None:
        hosts: dict[str, Section] = {
            "web1": {"address": "192.0.2.1"},
            **{
                f"lb{n}": {"address": f"192.0.2.{90 + n}", "roles": ["balancer"]}
                for n in range(1, len(scripts) + 1)
            },
        }
        whole = inventory(hosts=hosts, rest={"balancer": "nginx"})
        names = tuple(host.name for host in whole.balancer_hosts)
        self.events: list[Event] = []
        self.made: list[tuple[object, ...]] = []
        self.stop = threading.Event()
        self.transport = ScriptedTransport(
            {name: Script(script) for name, script in zip(names, scripts, strict=True)}
        )
        on = tuple(Target(whole, host, RELEASE, leader=True) for host in whole.balancer_hosts)
        steps = (Plain("configure"),)
        plan = Plan("r", "deploy", "ann", steps, on, (names,), {}, {}, {})

        def made(name: str, *of: object) -> Plain:
            self.made.append((name, *of))
            return Plain(name, Phase.PUBLISH, work)

        part = BalancerPlan(
            plan,
            lambda batch, first: made("out", *batch, first),
            lambda serving, first: made("in", *serving, first),
            lambda serving, broken, first: made("end", *serving, *broken, first),
            lambda broken: made("keep", *broken),
        )
        sessions = {name: self._session(name) for name in names}
        patience = Patience(SystemClock(), 0.0)
        self.of = Balancing(part, sessions, self.events.append, self.stop, patience)

    def _session(self, name: str) -> Session:
        channel = self.transport.open(HostAddress(name, name))
        channel.receive(1)
        return Session(name, "shop", channel, self.events.append, Redactor(()))

    @property
    def outcomes(self) -> list[Outcome]:
        assert all(not self.transport.unplayed(name) for name in self.transport.heard)
        return [report.outcome for report in self.of.reports()]


def test_a_batch_is_left_out_and_taken_in_and_only_the_first_change_undoes():
    played = Played((BEGIN, ORDER, ORDER, ORDER, ORDER, COMMIT))

    assert played.of.begin()
    assert played.of.before(("web1",))
    assert played.of.after(("web1",))
    played.of.commit(("web1",), ())

    assert played.made == [("out", "web1", True), ("in", "web1", False), ("end", "web1", False)]
    assert played.outcomes == [Outcome.COMMITTED]


def test_as_long_as_nothing_was_changed_the_next_change_is_the_first():
    played = Played((BEGIN, ORDER), work=Skip("nothing"))

    played.of.begin()
    played.of.before(("web1",))
    played.of.after(("web1",))

    assert [made[-1] for made in played.made] == [True, True]


def test_a_balancer_that_fails_sends_the_run_back_and_is_undone_last():
    played = Played((BEGIN, ORDER, Exchange("order", (BAD,)), BACK), (BEGIN, ORDER, ORDER, BACK))

    assert played.of.begin()
    assert not played.of.before(("web1",))
    assert played.of.reason == "lb1 failed in one"
    played.of.unwind("why", ())

    assert played.outcomes == [Outcome.ROLLED_BACK] * 2


def test_nothing_more_is_ordered_after_a_stop():
    played = Played((BEGIN, ORDER, ABORTED))
    played.of.begin()
    played.stop.set()

    assert not played.of.before(("web1",))
    played.of.unwind("interrupted", ())

    assert played.outcomes == [Outcome.ABORTED]


def test_what_is_broken_is_left_out_for_good_and_that_is_said():
    played = Played((BEGIN, ORDER, ORDER, ORDER, COMMIT))
    played.of.begin()
    played.of.before(("web1",))

    played.of.unwind("web1 failed", ("web1",))

    assert played.made[-1] == ("keep", "web1")
    assert played.outcomes == [Outcome.ROLLED_BACK]
    (said,) = (one.text for one in played.events if isinstance(one, Noticed))
    assert said.startswith("web1 could not be put back and gets no requests")


def test_what_cannot_be_kept_out_is_put_back_like_all_else():
    played = Played((BEGIN, ORDER, ORDER, Exchange("order", (BAD,)), BACK))
    played.of.begin()
    played.of.before(("web1",))

    played.of.unwind("web1 failed", ("web1",))

    assert played.outcomes == [Outcome.ROLLED_BACK]
    assert said(played) == [
        "web1 could not be put back, and lb1 may send requests there: `inv drain`"
    ]


def test_a_balancer_that_failed_does_not_hinder_another_from_keeping_out_what_is_broken():
    fails = (BEGIN, ORDER, ORDER, Exchange("order", (BAD,)), BACK)
    played = Played(fails, (BEGIN, ORDER, ORDER, ORDER, ORDER, COMMIT))
    played.of.begin()
    played.of.before(("web1",))
    assert not played.of.after(("web1",))

    played.of.unwind("lb1 failed", ("web1",))

    assert played.outcomes == [Outcome.ROLLED_BACK] * 2
    assert said(played) == [
        "web1 could not be put back, and lb1 may send requests there: `inv drain`"
    ]


def test_who_is_interrupted_hears_that_a_broken_host_gets_requests():
    played = Played((BEGIN, ORDER, ORDER, BACK))
    played.of.begin()
    played.of.before(("web1",))
    played.stop.set()

    played.of.unwind("interrupted", ("web1",))

    assert played.outcomes == [Outcome.ROLLED_BACK]
    assert said(played) == [
        "web1 could not be put back, and lb1 may send requests there: `inv drain`"
    ]


def test_what_is_broken_after_a_run_that_others_ended_well_is_left_out_and_that_is_said():
    played = Played((BEGIN, ORDER, ORDER, COMMIT))
    played.of.begin()

    played.of.commit(("web1",), ("web2",))

    assert played.made == [("end", "web1", "web2", True)]
    assert said(played)[0].startswith("web2 could not be put back and gets no requests")


def test_an_interrupt_after_the_hosts_have_committed_does_not_take_the_balancer_back():
    played = Played((BEGIN, ORDER, COMMIT), work=Skip("nothing"))
    played.of.begin()
    played.stop.set()

    played.of.commit(("web1",), ())

    assert played.outcomes == [Outcome.COMMITTED]


def said(played: Played) -> list[str]:
    return [one.text for one in played.events if isinstance(one, Noticed)]


def test_one_that_cannot_take_all_in_goes_back_after_the_others_have_committed():
    played = Played((BEGIN, ORDER, Exchange("order", (BAD,)), BACK))
    played.of.begin()

    played.of.commit(("web1",), ())

    assert played.outcomes == [Outcome.ROLLED_BACK]


class Noted(Nothing):
    """Writes down what the conductor says, and refuses one thing."""

    def __init__(self, refuses: str = "") -> None:
        self.heard: list[tuple[object, ...]] = []
        self._refuses = refuses
        self.reason = ""

    def _well(self, *said: object) -> bool:
        self.heard.append(said)
        if said[0] == self._refuses:
            self.reason = f"lb1 failed in {said[0]}"
        return said[0] != self._refuses

    def begin(self) -> bool:
        return self._well("begin")

    def before(self, batch: Hosts) -> bool:
        return self._well("before", *batch)

    def after(self, serving: Hosts) -> bool:
        return self._well("after", *serving)

    def commit(self, serving: Hosts, broken: Hosts) -> None:
        self._well("commit", *serving, *broken)

    def unwind(self, reason: str, broken: Hosts) -> None:
        self._well("unwind", reason, *broken)


PUBLISH = (Plain(phase=Phase.PUBLISH),)
FAILED = Exchange("undo", ({"event": "undone", "outcome": "rollback_failed"},))


def conducted(noted: Noted, *scripts: tuple[Exchange, ...]) -> list[Outcome]:
    run = Run(PUBLISH, *scripts)
    run.conductor._around = noted
    return [report.outcome for report in run.conduct()]


def test_a_batch_is_drained_before_it_is_switched_and_taken_in_after():
    noted = Noted()

    conducted(noted, (BEGIN, ORDER, COMMIT), (BEGIN, ORDER, COMMIT))

    both = ("web1", "web2")
    assert noted.heard == [("begin",), ("before", *both), ("after", *both), ("commit", *both)]


def test_what_could_not_be_put_back_is_named_to_the_balancer():
    noted = Noted()

    ends = conducted(noted, (BEGIN, Exchange("order", (BAD,)), FAILED), (BEGIN, ORDER, BACK))

    assert ends == [Outcome.ROLLBACK_FAILED, Outcome.ROLLED_BACK]
    assert noted.heard[-1] == ("unwind", "web1 failed in one", "web1")


def test_no_host_is_touched_when_the_balancer_does_not_drain_it():
    noted = Noted("before")

    assert conducted(noted, (BEGIN, ABORTED)) == [Outcome.ABORTED]
    assert noted.heard[-1] == ("unwind", "lb1 failed in before")


def test_all_go_back_when_a_proven_batch_cannot_be_taken_in():
    noted = Noted("after")

    assert conducted(noted, (BEGIN, ORDER, BACK)) == [Outcome.ROLLED_BACK]


def test_nothing_begins_when_the_balancer_does_not():
    assert conducted(Noted("begin"), (BEGIN, ABORTED)) == [Outcome.ABORTED]
