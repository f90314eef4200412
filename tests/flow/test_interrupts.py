import os
import signal
import threading

import pytest

from deployer.api.interrupts import Interrupts
from deployer.core.event import Event, PhaseStarted, RecoveryStarted, RunStarted, StepStarted
from deployer.core.report import Outcome
from tests.flow.fake_host import Link, Trouble
from tests.flow.stage import SECOND, Stage, serving_first

FIRST_ID, SECOND_ID = "000001-aaaaaaa", "000002-bbbbbbb"


def interrupted_at(made: Stage, step: str) -> Stage:
    sent = threading.Event()

    def watch(event: Event) -> None:
        if isinstance(event, StepStarted) and event.step == step and not sent.is_set():
            sent.set()
            os.kill(os.getpid(), signal.SIGINT)

    made.watch = watch
    return made


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("step", ["backup", "pull", "restart", "activate"])
def test_an_interrupt_puts_every_host_back(step, count):
    made = interrupted_at(serving_first(count), step)

    code = made.deploy(SECOND)

    assert code == 130
    assert {host.serving for host in made.hosts} == {FIRST_ID}
    assert all(spoken[-1] == "undo" for spoken in made.spoken.values())
    assert all("commit" not in spoken for spoken in made.spoken.values())


def test_an_interrupt_reaches_the_agents_at_once():
    made = interrupted_at(serving_first(), "pull")

    made.deploy(SECOND)

    assert made.spoken["web1"][-3:] == ("order BUILD", "cancel", "undo")


def test_an_interrupt_before_anything_began_begins_nothing():
    made = serving_first()

    def watch(event: Event) -> None:
        if isinstance(event, PhaseStarted):
            os.kill(os.getpid(), signal.SIGINT)

    made.watch = watch

    code = made.deploy(SECOND)

    assert code == 130
    assert "begin" not in made.spoken["web1"]


def test_an_interrupt_after_the_commit_changes_nothing():
    made = interrupted_at(serving_first(), "prune")

    code = made.deploy(SECOND)

    assert (code, made.outcomes) == (0, (Outcome.COMMITTED,))
    assert made.hosts[0].serving == SECOND_ID
    assert "cancel" not in made.spoken["web1"]


def test_an_interrupt_while_a_link_is_lost_still_puts_the_others_back():
    lost = Trouble(link=("order BUILD", Link.LOST_AFTER))
    made = interrupted_at(serving_first(2, troubles={"web2": lost}), "pull")

    code = made.deploy(SECOND)

    assert (code, made.outcomes) == (130, (Outcome.ABORTED, Outcome.ABORTED))
    assert {host.serving for host in made.hosts} == {FIRST_ID}


def test_an_interrupt_does_not_outlive_the_run():
    before = signal.getsignal(signal.SIGINT)
    made = interrupted_at(serving_first(), "backup")

    made.deploy(SECOND)

    assert signal.getsignal(signal.SIGINT) is before
    assert not any(isinstance(event, RunStarted) for event in made.events[1:])


def test_the_second_interrupt_leaves_hosts_to_themselves_and_says_which():
    made = interrupted_at(serving_first(2), "restart")
    made.hosts[1].trouble = Trouble(link=("undo", Link.SILENT), stays_lost=True)
    first = made.watch

    def watch(event: Event) -> None:
        first(event)
        if isinstance(event, RecoveryStarted) and event.host == "web2":
            os.kill(os.getpid(), signal.SIGTERM)

    made.watch = watch

    code = made.deploy(SECOND)

    assert made.ending is not None
    assert code == 130
    assert made.outcomes[1] is Outcome.UNKNOWN
    assert "web2 left to put itself back" in made.ending.summary
    assert made.ending.next_command == "inv status --env prod"
    assert "put itself back by" in made.ending.hosts[1].cause
    assert {host.serving for host in made.hosts} == {FIRST_ID}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_any_of_the_three_signals_stops_and_the_third_ends_it_there(number):
    signals = Interrupts({})

    with signals.heard():
        os.kill(os.getpid(), number)
        assert (signals.stop.is_set(), signals.leave.is_set()) == (True, False)
        os.kill(os.getpid(), number)
        assert signals.leave.is_set()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)


def test_a_program_that_shall_outlive_its_terminal_does():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        signals = Interrupts({})
        with signals.heard():
            os.kill(os.getpid(), signal.SIGHUP)
        assert not signals.stop.is_set()
    finally:
        signal.signal(signal.SIGHUP, before)
