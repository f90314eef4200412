import os
import signal
import threading

import pytest

from deployer.core.event import Event, PhaseStarted, RunStarted, StepStarted
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
