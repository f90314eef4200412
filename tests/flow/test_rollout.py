"""How a release goes about a fleet: batches, patience, and who goes back when hosts fail."""

import os
import signal

import pytest

from deployer.api.failed import Failed
from deployer.core.event import Event, Noticed, PhaseStarted, StepStarted
from deployer.core.report import Outcome
from tests.flow.fake_host import Link, Trouble
from tests.flow.stage import SECOND, Stage, serving_first
from tests.flow.test_failures import FIRST_ID, SECOND_ID, assert_as_before

DONE, BACK, AWAY = Outcome.COMMITTED, Outcome.ROLLED_BACK, Outcome.ABORTED
RETRY = "inv deploy --env prod --limit @failed"
SWITCH = ("restart", "check_health", "activate", "check_front")


def rolling(count: int, *sizes: int | str, **words: object) -> Stage:
    """A fleet on which FIRST is live, with a rollout of these batches."""
    troubles = {key: one for key, one in words.items() if isinstance(one, Trouble)}
    rest = {key: one for key, one in words.items() if key not in troubles}
    return serving_first(count, batches=sizes, rollout=rest, troubles=troubles)


def serving(made: Stage) -> list[str]:
    return [host.serving for host in made.hosts]


@pytest.mark.parametrize("step", SWITCH)
def test_only_the_batch_goes_back_when_that_is_wanted(step: str):
    made = rolling(5, 1, 2, on_failure="batch", web3=Trouble(fails=step))

    code = made.deploy(SECOND)

    assert (code, made.outcomes) == (8, (DONE, BACK, BACK, AWAY, AWAY))
    assert serving(made) == [SECOND_ID, *[FIRST_ID] * 4]
    assert made.ending is not None
    assert made.ending.summary == f"{SECOND_ID} is live on web1, but not on web2, web3, web4, web5"
    assert made.ending.next_command == RETRY


@pytest.mark.parametrize("step", SWITCH)
def test_only_the_host_goes_back_when_that_is_wanted(step: str):
    made = rolling(5, 1, 2, on_failure="host", web3=Trouble(fails=step))

    code = made.deploy(SECOND)

    assert (code, made.outcomes) == (8, (DONE, DONE, BACK, AWAY, AWAY))
    assert serving(made) == [SECOND_ID, SECOND_ID, *[FIRST_ID] * 3]


@pytest.mark.parametrize("policy", ["fleet", "batch", "host"])
def test_a_canary_that_fails_leaves_nobody_on_the_release(policy: str):
    made = rolling(4, 1, "100%", on_failure=policy, web1=Trouble(fails="check_health"))

    code = made.deploy(SECOND)

    assert (code, made.outcomes) == (6, (BACK, AWAY, AWAY, AWAY))
    assert_as_before(made)


@pytest.mark.parametrize("policy", ["fleet", "batch", "host"])
def test_so_many_hosts_may_fail_and_the_others_get_the_release(policy: str):
    bad = Trouble(fails="check_front")
    made = rolling(5, 2, on_failure=policy, max_failed=2, web2=bad, web4=bad)

    code = made.deploy(SECOND)

    assert (code, made.outcomes) == (8, (DONE, BACK, DONE, BACK, DONE))
    assert serving(made) == [SECOND_ID, FIRST_ID, SECOND_ID, FIRST_ID, SECOND_ID]
    assert [bool(host.frozen) for host in made.hosts] == [False, True, False, True, False]


@pytest.mark.parametrize(
    ("policy", "outcomes", "code"),
    [
        ("fleet", (BACK,) * 4 + (AWAY,), 6),
        ("batch", (DONE, BACK, BACK, BACK, AWAY), 8),
        ("host", (DONE, BACK, DONE, BACK, AWAY), 8),
    ],
)
def test_one_more_stops_the_rollout(policy: str, outcomes: tuple[Outcome, ...], code: int):
    bad = Trouble(fails="check_front")
    made = rolling(5, 2, on_failure=policy, max_failed=1, web2=bad, web4=bad)

    assert made.deploy(SECOND) == code
    assert made.outcomes == outcomes


@pytest.mark.parametrize("step", ["backup", "pull", "check"])
def test_a_host_that_cannot_build_is_left_behind_if_that_is_borne(step: str):
    made = rolling(3, "100%", max_failed=1, web2=Trouble(fails=step))

    code = made.deploy(SECOND)

    assert (code, made.outcomes) == (8, (DONE, AWAY, DONE))
    assert serving(made) == [SECOND_ID, FIRST_ID, SECOND_ID]


@pytest.mark.parametrize("step", ["pull", "migrate"])
def test_what_is_done_once_is_borne_by_nobody(step: str):
    made = rolling(3, 1, max_failed=2, on_failure="host", web1=Trouble(fails=step))
    made.hosts[0].check = {"migrations": {"pending": ["shop.0002"]}}

    assert made.deploy(SECOND) in {6, 9}
    assert serving(made) == [FIRST_ID] * 3


def test_all_hosts_may_not_fail_whatever_is_borne():
    bad = Trouble(fails="check_health")
    made = rolling(2, "100%", max_failed=5, on_failure="host", web1=bad, web2=bad)

    assert (made.deploy(SECOND), made.outcomes) == (6, (BACK, BACK))
    assert_as_before(made)


def test_everything_is_built_everywhere_before_anybody_switches():
    made = rolling(3, 1)

    made.deploy(SECOND)

    order = [
        (event.step, event.host)
        for event in made.events
        if isinstance(event, StepStarted) and event.step in {"configure", "restart"}
    ]
    assert [step for step, _ in order] == ["configure"] * 3 + ["restart"] * 3
    assert [host for step, host in order if step == "restart"] == ["web1", "web2", "web3"]


def test_hosts_that_have_switched_are_watched_before_the_next_batch():
    made = rolling(3, 1, settle="30s", pause="5m")

    assert made.deploy(SECOND) == 0

    watched = [
        (event.step, event.host)
        for event in made.events
        if isinstance(event, StepStarted) and event.step in {"watch", "restart"}
    ]
    assert [step for step, _ in watched] == [
        "restart",
        "watch",
        "restart",
        *["watch"] * 2,
        "restart",
    ]
    told = [event.text for event in made.events if isinstance(event, Noticed)]
    assert "batch 1 of 3 is live; the next one begins in 300 s" in told


@pytest.mark.parametrize(
    ("policy", "outcomes"),
    [("fleet", (BACK, BACK, AWAY)), ("batch", (DONE, BACK, AWAY)), ("host", (DONE, BACK, AWAY))],
)
def test_a_host_that_falls_ill_while_it_is_watched_stops_the_rollout(
    policy: str, outcomes: tuple[Outcome, ...]
):
    made = rolling(3, 1, settle="30s", on_failure=policy, web2=Trouble(fails="watch"))

    made.deploy(SECOND)

    assert made.outcomes == outcomes


def test_ctrl_c_in_a_pause_takes_all_back_whatever_the_policy():
    made = rolling(3, 1, pause="5m", on_failure="host")

    def watch(event: Event) -> None:
        if isinstance(event, Noticed) and "begins in" in event.text:
            os.kill(os.getpid(), signal.SIGINT)

    made.watch = watch

    assert made.deploy(SECOND) == 130
    assert_as_before(made)


@pytest.mark.parametrize(
    ("policy", "code", "served"),
    [
        ("fleet", 6, [FIRST_ID] * 3),
        ("batch", 8, [SECOND_ID, FIRST_ID, FIRST_ID]),
        ("host", 8, [SECOND_ID, SECOND_ID, FIRST_ID]),
    ],
)
def test_a_host_that_cannot_be_reached_anew_is_judged_by_the_policy(
    policy: str, code: int, served: list[str]
):
    made = rolling(3, 1, 2, on_failure=policy, web3=Trouble(cut_off=True))

    assert made.deploy(SECOND) == code
    assert serving(made) == served
    assert made.ending is not None
    if code == 8:
        assert made.ending.next_command == "inv recover --env prod"
        made.hosts[2].trouble = Trouble()
        assert made.recover() == 0
        assert serving(made) == [SECOND_ID] * 3


def test_the_first_host_that_is_left_decides_for_the_others():
    bad = Trouble(fails="check_front")
    made = rolling(3, 1, on_failure="host", max_failed=1, web1=bad)

    assert (made.deploy(SECOND), made.outcomes) == (8, (BACK, DONE, DONE))
    said = next(one for one in reversed(made.hosts[2].records) if one["event"] == "await_confirm")
    assert (said["leader"], said["fleet"]) == ("web2", ["web2", "web3"])


def test_a_host_that_is_lost_while_others_switch_is_borne_too():
    made = rolling(
        3, 1, max_failed=1, web2=Trouble(link=("order PUBLISH", Link.LOST_AFTER), link_once=True)
    )

    assert made.deploy(SECOND) == 8
    assert serving(made) == [SECOND_ID, FIRST_ID, SECOND_ID]


def test_who_failed_gets_the_same_release_under_the_same_number_later():
    made = rolling(3, 1, on_failure="host", web2=Trouble(fails="check_front"))
    assert made.deploy(SECOND) == 8
    assert made.ending is not None
    made.hosts[1].trouble = Trouble()

    code = made.retry(Failed(("web2", "web3"), made.ending.release))

    assert (code, made.outcomes) == (0, (DONE, DONE))
    assert [host.live for host in made.hosts] == [SECOND_ID] * 3
    assert made.rollback() == 0
    assert serving(made) == [FIRST_ID] * 3


def test_a_rollback_goes_in_batches_too():
    made = rolling(3, 1, on_failure="batch")
    assert made.deploy(SECOND) == 0
    made.hosts[2].trouble = Trouble(fails="check_front")

    assert made.rollback() == 8
    assert serving(made) == [FIRST_ID, FIRST_ID, SECOND_ID]
    assert made.ending is not None
    assert made.ending.next_command == f"inv rollback --env prod --to {FIRST_ID} --limit @failed"


def test_a_phase_names_only_hosts_that_take_part():
    made = rolling(3, "100%", max_failed=1, web2=Trouble(fails="pull"))

    made.deploy(SECOND)

    last = [event.hosts for event in made.events if isinstance(event, PhaseStarted)][-1]
    assert last == ("web1", "web3")


def test_who_may_fail_is_a_question_of_releases_only():
    made = rolling(3, 1, max_failed=1, on_failure="host", web2=Trouble(fails="backup"))

    assert made.backup() == 9
    assert made.outcomes == (AWAY,) * 3


def test_hosts_are_given_the_time_that_the_other_batches_take():
    made = rolling(3, 1, settle="10m", pause="1h")

    made.deploy(SECOND)

    (begun,) = (one for one in made.hosts[0].heard if one["verb"] == "begin")
    assert begun["limit"] == 7200 + 2 * (600 + 3600 + 300)
