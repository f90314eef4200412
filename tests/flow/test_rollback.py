import pytest

from deployer.core.event import Noticed, StepFailed
from deployer.core.report import Outcome
from tests.flow.fake_host import Link, Trouble, steps_done
from tests.flow.stage import FIRST, SECOND, THIRD, Stage, stage

FIRST_ID, SECOND_ID, THIRD_ID = "000001-aaaaaaa", "000002-bbbbbbb", "000003-ccccccc"
BLUE, GREEN = "shop@blue.service", "shop@green.service"


def serving_second(count: int = 1) -> Stage:
    made = stage(count)
    assert made.deploy(FIRST) == 0
    assert made.deploy(SECOND) == 0
    for host in made.hosts:
        host.outcomes.clear()
    return made


def cold(made: Stage) -> Stage:
    for host in made.hosts:
        for unit in host.cooling:
            del host.running[unit]
        host.cooling.clear()
    return made


def test_a_rollback_serves_the_good_release_before_and_marks_the_bad_one():
    made = cold(serving_second())

    code = made.rollback()

    (host,) = made.hosts
    assert (code, made.outcomes) == (0, (Outcome.COMMITTED,))
    assert (host.serving, host.live) == (FIRST_ID, FIRST_ID)
    assert (host.state_of(FIRST_ID), host.state_of(SECOND_ID)) == ("good", "rolled-back")
    assert host.enabled == {BLUE}


def test_a_damaged_target_is_refused_before_anything_is_left():
    made = cold(serving_second(2))
    assert made.deploy(THIRD) == 0
    made.hosts[1].damage = {SECOND_ID: "`app.py` is missing"}
    for host in made.hosts:
        host.heard.clear()

    code = made.rollback()

    assert code == 9
    assert made.error is not None
    assert "`app.py` is missing" in made.error.message
    assert f"--to {FIRST_ID}" in made.error.hint
    assert {one for host in made.hosts for one in host.spoken} == {"facts"}
    assert {host.serving for host in made.hosts} == {THIRD_ID}


def test_with_no_other_whole_release_a_deploy_is_advised():
    made = cold(serving_second())
    made.hosts[0].damage = {FIRST_ID: "`app.py` is missing"}

    assert made.rollback() == 9

    assert made.error is not None
    assert "no other good release is whole: `inv deploy" in made.error.hint


def test_a_rollback_to_a_warm_release_is_a_swap_that_keeps_it_running():
    made = serving_second()
    served: set[str] = set()
    made.watch = lambda _: served.add(made.hosts[0].serving)

    code = made.rollback()

    (host,) = made.hosts
    assert (code, host.serving) == (0, FIRST_ID)
    assert BLUE not in host.cooling
    assert served == {FIRST_ID, SECOND_ID}


def test_a_rollback_to_a_warm_release_brings_its_own_unit_back():
    made = stage(app={"runtime": {"kind": "systemd", "memory_max": "256M"}})
    made.deploy(FIRST)
    unit = "/etc/systemd/system/shop@.service"
    before = made.hosts[0].files[unit]
    made.inventory = stage(app={"runtime": {"kind": "systemd", "memory_max": "512M"}}).inventory
    made.deploy(SECOND)
    assert made.hosts[0].files[unit] != before

    code = made.rollback()

    assert (code, made.hosts[0].files[unit]) == (0, before)


def test_a_failed_rollback_to_a_warm_release_goes_on_serving_the_newer_one():
    made = serving_second()
    made.hosts[0].sick = {FIRST_ID}

    code = made.rollback()

    (host,) = made.hosts
    assert (code, made.outcomes) == (6, (Outcome.ROLLED_BACK,))
    assert (host.serving, host.live) == (SECOND_ID, SECOND_ID)
    assert (host.state_of(FIRST_ID), host.state_of(SECOND_ID)) == ("good", "good")
    assert host.enabled == {GREEN}
    assert host.running.keys() - host.cooling == {GREEN}


@pytest.mark.parametrize("step", ["restart", "check_health", "activate", "check_front"])
def test_a_rollback_that_fails_puts_all_hosts_back(step):
    made = cold(serving_second(3))
    made.hosts[1].trouble = Trouble(fails=step)

    code = made.rollback()

    assert (code, made.outcomes) == (6, (Outcome.ROLLED_BACK,) * 3)
    assert {host.serving for host in made.hosts} == {SECOND_ID}
    assert {host.state_of(FIRST_ID) for host in made.hosts} == {"good"}


def test_two_rollbacks_in_a_row_go_back_two_releases():
    made = serving_second()
    made.deploy(THIRD)

    codes = (made.rollback(), made.rollback())

    (host,) = made.hosts
    assert (codes, host.serving) == ((0, 0), FIRST_ID)
    assert [host.state_of(one) for one in (FIRST_ID, SECOND_ID, THIRD_ID)] == [
        "good",
        "rolled-back",
        "rolled-back",
    ]


def test_a_rollback_with_nothing_to_go_back_to_changes_nothing():
    made = serving_second()
    made.rollback()

    code = made.rollback()

    assert (code, made.hosts[0].serving) == (2, FIRST_ID)
    assert made.error is not None
    assert "no good release older than the live one" in made.error.message
    assert "begin" not in made.spoken["web1"]


def test_a_deploy_after_a_rollback_is_rolled_back_past_the_bad_release():
    made = serving_second()
    made.rollback()
    made.deploy(THIRD)

    made.rollback()

    assert made.hosts[0].serving == FIRST_ID


def test_a_rollback_works_on_a_full_disk():
    made = serving_second()
    made.hosts[0].free = 0

    code = made.rollback()

    assert (code, made.hosts[0].serving) == (0, FIRST_ID)


def test_a_rollback_needs_no_repository():
    made = serving_second()
    made.hosts[0].commits = None

    code = made.rollback()

    assert (code, made.hosts[0].serving) == (0, FIRST_ID)


def test_a_rollback_neither_builds_nor_migrates_nor_prunes():
    made = cold(serving_second())

    made.rollback()

    done = ("ask_schema", "restart", "check_health", "activate", "check_front", "retire")
    assert steps_done(made.hosts[0]) == done


def test_hosts_that_would_go_back_to_different_releases_ask_for_a_choice():
    made = serving_second(2)
    made.hosts[1].releases[FIRST_ID]["state"] = "failed"
    made.hosts[1].releases["000000-fffffff"] = {
        **made.hosts[1].releases[FIRST_ID],
        "id": "000000-fffffff",
        "number": 0,
        "state": "good",
    }

    code = made.rollback()

    assert code == 2
    assert made.error is not None
    assert made.error.hint == "choose one: `inv rollback --env prod --to RELEASE`"


def test_a_rollback_to_a_named_release_takes_its_number():
    made = serving_second()
    made.deploy(THIRD)

    code = made.rollback(to="1")

    assert (code, made.hosts[0].serving) == (0, FIRST_ID)


def test_migrations_that_another_host_ran_are_told_before_a_rollback():
    made = serving_second(2)
    made.hosts[1].releases[SECOND_ID]["migrations"] = "destructive: shop.0002_drop"

    made.rollback()

    told = [event.text for event in made.events if isinstance(event, Noticed)]
    assert told[0] == (
        "database: untouched; the older code fits: unknown, "
        "because nobody has recorded what shop.0002_drop does"
    )


def test_a_rollback_past_what_the_older_code_cannot_bear_is_refused_unless_it_is_allowed():
    made = serving_second(2)
    drop = {"name": "shop.0002_drop", "breaks": "drops it: the old code reads it"}
    made.hosts[1].schema = [{"run": "r2", "release": SECOND_ID, "applied": [drop]}]

    refused = made.rollback()
    serving = [host.serving for host in made.hosts]
    (failed,) = (event for event in made.events if isinstance(event, StepFailed))
    allowed = made.rollback(allow_destructive=True)

    assert (refused, serving, allowed) == (9, [SECOND_ID] * 2, 0)
    assert [host.serving for host in made.hosts] == [FIRST_ID] * 2
    assert "shop.0002_drop drops it" in failed.cause
    assert "--allow-destructive" in failed.hint


@pytest.mark.parametrize("message", ["begin", "order PUBLISH", "order VERIFY"])
@pytest.mark.parametrize("when", [Link.LOST_BEFORE, Link.LOST_AFTER])
def test_a_host_lost_in_a_rollback_says_what_became_of_it(message, when):
    made = cold(serving_second())
    made.hosts[0].trouble = Trouble(link=(message, when))

    code = made.rollback()

    touched = message == "order VERIFY" or (message, when) == ("order PUBLISH", Link.LOST_AFTER)
    assert (code, made.outcomes) == (
        (6, (Outcome.ROLLED_BACK,)) if touched else (9, (Outcome.ABORTED,))
    )
    assert made.hosts[0].serving == SECOND_ID
    assert made.spoken["web1"].count(message) <= 1
