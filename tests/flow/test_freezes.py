"""A revision that was rolled back is not deployed again just so."""

import pytest

from deployer.errors import Locked
from tests.flow.fake_host import Link, Trouble
from tests.flow.stage import FIRST, SECOND, THIRD, Stage
from tests.flow.test_failures import with_trouble


def rolled_back() -> Stage:
    made = with_trouble(2, web2=Trouble(fails="check_front"))
    assert made.deploy(SECOND) == 6
    made.hosts[1].trouble = Trouble()
    return made


def test_a_revision_that_was_rolled_back_is_refused_with_run_cause_and_way_out():
    made = rolled_back()

    code = made.deploy(SECOND)

    assert (code, type(made.error)) == (5, Locked)
    assert made.error is not None
    assert "`bbbbbbb00000` is frozen on `web1`" in made.error.message
    assert "by run `run-" in made.error.message
    assert "--unfreeze" in made.error.hint
    assert all("begin" not in spoken for spoken in made.spoken.values())


def test_a_revision_can_be_tried_again_on_purpose():
    made = rolled_back()

    assert made.deploy(SECOND, unfreeze=True) == 0
    assert made.deploy(SECOND, force=True) == 0


def test_another_revision_lifts_the_freeze_when_it_commits():
    made = rolled_back()

    assert made.deploy(THIRD) == 0
    assert made.deploy(SECOND) == 0


def test_a_lost_link_says_nothing_against_the_revision_on_any_host():
    made = with_trouble(2, web2=Trouble(link=("order VERIFY", Link.LOST_AFTER)))
    assert made.deploy(SECOND) == 6
    made.hosts[1].trouble = Trouble()

    assert made.deploy(SECOND) == 0


@pytest.mark.parametrize("step", ["pull", "check"])
def test_a_deploy_that_never_touched_what_is_live_can_be_repeated(step):
    made = with_trouble(web1=Trouble(fails=step))
    assert made.deploy(SECOND) == 9
    made.hosts[0].trouble = Trouble()

    assert made.deploy(SECOND) == 0


def test_what_a_rollback_went_back_from_is_not_shipped_again_by_a_job():
    made = with_trouble()
    assert made.deploy(SECOND) == 0
    assert made.rollback() == 0

    assert made.deploy(SECOND) == 5
    assert made.deploy(FIRST) == 0


def test_a_held_app_is_not_deployed_but_can_go_back():
    made = with_trouble()
    assert made.deploy(SECOND) == 0
    held = {"id": "h-1", "who": "ann", "why": "moving", "until_text": "until noon"}
    made.hosts[0].hold = {**held}

    assert made.deploy(THIRD) == 5
    assert made.error is not None
    assert "by `ann`: moving (id `h-1`, until noon)" in made.error.message
    assert "inv unhold --env prod --id h-1" in made.error.hint
    assert made.rollback() == 0
