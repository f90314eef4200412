"""A release stays only if its hosts can be reached anew; the leader decides for all."""

import pytest

from deployer.core.event import Event, Noticed, StepFailed, StepStarted
from deployer.core.report import Outcome
from deployer.core.transport import Message
from tests.flow.fake_host import Link, Trouble
from tests.flow.stage import SECOND, serving_first
from tests.flow.test_failures import FIRST_ID, SECOND_ID, assert_as_before, with_trouble

LINKS = [Link.LOST_BEFORE, Link.LOST_AFTER, Link.SILENT]
NO: Message = {"event": "refused", "why": "failed", "message": "The disk is full."}


def test_every_host_is_confirmed_over_a_connection_of_its_own():
    made = with_trouble(3)

    code = made.deploy(SECOND)

    assert (code, made.outcomes) == (0, (Outcome.COMMITTED,) * 3)
    assert [host.opened for host in made.hosts] == [2, 2, 2]
    assert all("commit" not in spoken for spoken in made.spoken.values())


def test_only_the_leader_is_told_the_whole_fleet_and_it_has_the_shorter_time():
    made = with_trouble(3)

    made.deploy(SECOND)

    said = [
        next(one for one in reversed(host.records) if one["event"] == "await_confirm")
        for host in made.hosts
    ]
    assert [one["fleet"] for one in said] == [
        ["web1", "web2", "web3"],
        ["web1", "web2"],
        ["web1", "web3"],
    ]
    assert {one["leader"] for one in said} == {"web1"}
    assert [one["host"] for one in said] == ["web1", "web2", "web3"]
    assert [one["deadline"] for one in said] == [61.0, 122.0, 122.0]


@pytest.mark.parametrize("name", ["web1", "web2"])
def test_a_host_that_nobody_can_reach_anew_takes_all_back(name):
    made = serving_first(2, troubles={name: Trouble(cut_off=True)})

    code = made.deploy(SECOND)

    assert (code, made.outcomes) == (6, (Outcome.ROLLED_BACK,) * 2)
    assert made.failures == ((name, "confirm"),)
    assert_as_before(made)


@pytest.mark.parametrize("name", ["web1", "web2"])
def test_a_host_that_cannot_be_seen_from_outside_takes_all_back(name):
    made = serving_first(2, troubles={name: Trouble(unseen=True)})

    code = made.deploy(SECOND)

    assert (code, made.outcomes) == (6, (Outcome.ROLLED_BACK,) * 2)
    (failed,) = (event for event in made.events if isinstance(event, StepFailed))
    assert failed.cause == "`/healthz` cannot be reached from outside: port 80: no answer in 5 s"
    assert_as_before(made)


def test_without_a_look_from_outside_it_stays():
    made = with_trouble(web1=Trouble(unseen=True, cut_off=True))

    code = made.deploy(SECOND, no_confirm=True)

    assert (code, made.hosts[0].serving) == (0, SECOND_ID)
    assert made.hosts[0].opened == 1


def test_a_refused_proposal_takes_all_back():
    made = with_trouble(2, web2=Trouble(refuses_propose=NO))

    code = made.deploy(SECOND)

    assert (code, made.outcomes) == (6, (Outcome.ROLLED_BACK,) * 2)
    assert_as_before(made)


def test_a_leader_that_cannot_commit_takes_all_back():
    made = with_trouble(2, web1=Trouble(refuses_commit=NO))

    code = made.deploy(SECOND)

    assert (code, made.outcomes) == (6, (Outcome.ROLLED_BACK,) * 2)
    assert made.ending is not None
    assert "The disk is full." in made.ending.hosts[0].cause
    assert_as_before(made)


def test_another_host_that_cannot_commit_is_a_split_with_a_way_out():
    made = with_trouble(2, web2=Trouble(refuses_commit=NO))

    code = made.deploy(SECOND)

    assert code in {7, 8}
    assert [host.serving for host in made.hosts] == [SECOND_ID, FIRST_ID]
    assert made.ending is not None


@pytest.mark.parametrize("when", LINKS)
def test_a_leader_whose_old_link_is_lost_while_it_waits_is_confirmed_all_the_same(when):
    made = with_trouble(web1=Trouble(link=("order FINISH", when)))

    assert made.deploy(SECOND) == 0
    assert made.hosts[0].serving == SECOND_ID


@pytest.mark.parametrize("when", LINKS)
@pytest.mark.parametrize("name", ["web1", "web2"])
def test_a_link_that_is_lost_in_the_confirm_is_made_anew(name, when):
    made = serving_first(2, troubles={name: Trouble(link=("confirm", when), link_once=True)})

    code = made.deploy(SECOND)

    assert (code, made.outcomes) == (0, (Outcome.COMMITTED,) * 2)
    assert [one for one in made.warnings if "lost in the confirm" in one]


@pytest.mark.parametrize("when", LINKS)
def test_a_link_that_is_lost_at_the_proposal_takes_all_back(when):
    made = with_trouble(2, web2=Trouble(link=("propose", when)))

    code = made.deploy(SECOND)

    assert (code, made.outcomes) == (6, (Outcome.ROLLED_BACK,) * 2)
    assert_as_before(made)


def test_a_rollback_is_confirmed_too():
    made = serving_first()
    assert made.deploy(SECOND) == 0
    made.hosts[0].trouble = Trouble(unseen=True)

    code = made.rollback()

    assert (code, made.hosts[0].serving) == (6, SECOND_ID)
    made.hosts[0].trouble = Trouble()
    assert made.rollback() == 0
    assert made.hosts[0].serving == FIRST_ID


def test_how_a_release_is_looked_at_can_be_chosen():
    for way, code in (("auto", 6), ("direct", 6), ("ssh", 0), ("off", 0)):
        health = {"path": "/healthz", "confirm": {"outside": way}}
        made = serving_first(troubles={"web1": Trouble(unseen=True)}, app={"health": health})

        assert made.deploy(SECOND) == code, way


def test_what_nobody_could_see_before_either_is_only_told():
    made = serving_first()
    made.hides = True

    assert made.deploy(SECOND) == 0
    notices = [one.text for one in made.events if isinstance(one, Noticed)]
    assert any("looked at through the new SSH connection only" in one for one in notices)


def test_a_release_that_falls_ill_while_it_waits_is_taken_back():
    made = serving_first()

    def watch(event: Event) -> None:
        if isinstance(event, StepStarted) and event.step == "confirm":
            made.hosts[0].sick.add(SECOND_ID)

    made.watch = watch

    assert made.deploy(SECOND) == 6
    assert made.ending is not None
    assert "asked over a new connection: it answers 500" in made.ending.hosts[0].cause


@pytest.mark.parametrize(("when", "code"), [(Link.LOST_AFTER, 0), (Link.LOST_BEFORE, 6)])
def test_the_old_connection_is_a_witness_when_no_new_one_can_be_made_any_more(when, code):
    made = serving_first(2, troubles={"web1": Trouble(link=("confirm", when), opens=2)})

    assert made.deploy(SECOND) == code
    assert {host.serving for host in made.hosts} == {FIRST_ID if code else SECOND_ID}
