"""Hosts that are away: nothing is begun without them, unless a person says so."""

import pytest

from deployer.api.failed import Failed
from deployer.core.report import Outcome
from deployer.errors import AuthenticationFailed, HostError, HostKeyChanged, HostUnreachable
from tests.flow.fake_host import Trouble
from tests.flow.stage import FIRST, SECOND, THIRD, Stage, serving_first


def with_trouble(count: int, **troubles: Trouble) -> Stage:
    """A fleet on which FIRST is live, and then troubles begin."""
    return serving_first(count, troubles=troubles)


AWAY = HostUnreachable("Nobody answers at 198.18.0.2:22.", host="web2", hint="look at it")


def test_without_a_word_nothing_is_begun_anywhere():
    made = with_trouble(3, web2=Trouble(unreachable=AWAY))

    assert made.deploy(SECOND) == 4
    assert made.spoken["web1"] == ()


def test_with_a_word_the_others_get_the_release_and_all_is_told():
    made = with_trouble(3, web2=Trouble(unreachable=AWAY))

    assert made.deploy(SECOND, skip_unreachable=True) == 8

    assert made.ending is not None
    assert made.outcomes == (Outcome.COMMITTED, Outcome.COMMITTED)
    assert [(one.host, one.outcome) for one in made.ending.skipped] == [
        ("web2", Outcome.UNREACHABLE)
    ]
    assert made.ending.summary.endswith("; skipped: web2")
    assert made.ending.next_command == "inv deploy --env prod --limit @failed"
    assert made.warnings == ("it cannot be reached and is skipped",)


def test_what_is_live_already_is_no_reason_to_be_silent_about_the_rest():
    made = with_trouble(2, web2=Trouble(unreachable=AWAY))

    assert made.deploy(FIRST, skip_unreachable=True) == 8


def test_a_release_that_fails_goes_back_and_says_so():
    made = with_trouble(3, web1=Trouble(fails="check_health"), web2=Trouble(unreachable=AWAY))

    assert made.deploy(SECOND, skip_unreachable=True) == 6


def test_when_nobody_answers_there_is_nothing_to_go_on_with():
    made = with_trouble(1, web1=Trouble(unreachable=AWAY))

    assert made.deploy(SECOND, skip_unreachable=True) == 4


@pytest.mark.parametrize("kind", [HostKeyChanged, AuthenticationFailed])
def test_a_host_that_is_there_and_wrong_is_never_skipped(kind: type[HostError]):
    wrong = kind("It is not what it was.", host="web2", hint="stop")
    made = with_trouble(3, web2=Trouble(unreachable=wrong))

    assert made.deploy(SECOND, skip_unreachable=True) == 4
    assert made.spoken["web1"] == ()


def test_the_host_that_migrates_is_another_one_then():
    away = HostUnreachable("Nobody answers.", host="web1", hint="look at it")
    made = with_trouble(3, web1=Trouble(unreachable=away))

    assert made.deploy(SECOND, skip_unreachable=True) == 8
    assert made.outcomes == (Outcome.COMMITTED, Outcome.COMMITTED)


def test_who_was_away_gets_what_the_others_have_under_the_same_number():
    made = with_trouble(2, web2=Trouble(unreachable=AWAY))
    assert made.deploy(SECOND, skip_unreachable=True) == 8
    assert made.ending is not None
    assert made.ending.next_command == "inv deploy --env prod --limit @failed"
    made.hosts[1].trouble = Trouble()

    assert made.retry(Failed(("web2",), made.ending.release), THIRD) == 0

    assert [host.live for host in made.hosts] == ["000002-bbbbbbb"] * 2
