"""A lost host is asked again: what it says is reported, and only silence is unknown."""

import pytest

from deployer.core.report import Outcome
from tests.flow.fake_host import Link, Trouble
from tests.flow.stage import SECOND, serving_first
from tests.flow.test_failures import FIRST_ID, SECOND_ID, assert_as_before, with_trouble

MESSAGES = (
    "begin",
    "order PREPARE",
    "order BUILD",
    "order PUBLISH",
    "order VERIFY",
    "undo",
    "commit",
)
LINKS = [Link.LOST_BEFORE, Link.LOST_AFTER, Link.SILENT]
EXPOSED = {
    ("order PUBLISH", Link.LOST_AFTER),
    ("order PUBLISH", Link.SILENT),
    *(("order VERIFY", link) for link in LINKS),
    *(("undo", link) for link in LINKS),
    ("commit", Link.LOST_BEFORE),
}
"""Where a host that puts itself back had touched what is live."""


def expected(message: str, when: Link) -> tuple[int, Outcome]:
    if (message, when) in EXPOSED:
        return 6, Outcome.ROLLED_BACK
    if message == "commit":
        return 0, Outcome.COMMITTED
    return 9, Outcome.ABORTED


@pytest.mark.parametrize("message", MESSAGES)
@pytest.mark.parametrize("when", LINKS)
def test_a_lost_host_says_what_became_of_the_run_and_nothing_is_asked_twice(message, when):
    step = "check_front" if message == "undo" else ""
    made = with_trouble(web1=Trouble(link=(message, when), fails=step))

    code = made.deploy(SECOND, no_confirm=message == "commit")

    assert (code, made.outcomes) == (expected(message, when)[0], (expected(message, when)[1],))
    assert made.spoken["web1"].count(message) <= 1
    assert made.hosts[0].opened == 2
    if code:
        assert_as_before(made)
    else:
        assert made.hosts[0].serving == SECOND_ID


@pytest.mark.parametrize("message", MESSAGES)
@pytest.mark.parametrize("when", LINKS)
def test_a_host_that_stays_lost_is_unknown_and_says_by_when_it_has_decided(message, when):
    step = "check_front" if message == "undo" else ""
    made = with_trouble(web1=Trouble(link=(message, when), fails=step, stays_lost=True))

    code = made.deploy(SECOND, no_confirm=message == "commit")

    assert (code, made.outcomes) == (7, (Outcome.UNKNOWN,))
    assert made.ending is not None
    (report,) = made.ending.hosts
    assert "put itself back by" in report.cause
    assert "inv status" in report.hint
    assert report.release == ""
    assert made.spoken["web1"].count(message) <= 1


@pytest.mark.parametrize("when", LINKS)
def test_a_question_that_is_lost_has_changed_nothing(when):
    made = with_trouble(web1=Trouble(link=("facts", when)))

    assert made.deploy(SECOND) == 4
    assert_as_before(made)


@pytest.mark.parametrize("message", MESSAGES[:5])
@pytest.mark.parametrize("when", LINKS)
def test_hosts_beside_a_lost_one_are_put_back(message, when):
    made = with_trouble(3, web2=Trouble(link=(message, when)))

    code = made.deploy(SECOND)

    lost = expected(message, when)[1]
    back = Outcome.ROLLED_BACK if message in MESSAGES[3:5] else Outcome.ABORTED
    assert made.outcomes == (back, lost, back)
    assert code == (6 if Outcome.ROLLED_BACK in made.outcomes else 9)
    assert made.ending is not None
    assert [bool(report.cause) for report in made.ending.hosts] == [False, True, False]
    assert_as_before(made)


def test_nobody_claims_to_know_what_a_lost_host_serves():
    lost = Trouble(link=("order VERIFY", Link.LOST_AFTER), stays_lost=True)
    made = with_trouble(2, web2=lost)

    made.deploy(SECOND)

    assert made.ending is not None
    assert [report.release for report in made.ending.hosts] == [FIRST_ID, ""]


def test_a_link_lost_during_the_undo_does_not_hide_what_the_host_did():
    lost = Trouble(link=("undo", Link.LOST_BEFORE))
    made = with_trouble(2, web1=Trouble(fails="restart"), web2=lost)

    code = made.deploy(SECOND)

    assert (code, made.outcomes) == (6, (Outcome.ROLLED_BACK, Outcome.ROLLED_BACK))


def test_a_host_that_could_not_put_itself_back_pages_somebody():
    lost = Trouble(link=("order VERIFY", Link.LOST_AFTER), undo_fails=True)
    made = with_trouble(web1=lost)

    code = made.deploy(SECOND)

    assert (code, made.outcomes) == (7, (Outcome.ROLLBACK_FAILED,))


@pytest.mark.parametrize("when", LINKS)
def test_a_host_lost_at_its_commit_leaves_the_others_committed(when):
    made = with_trouble(3, web2=Trouble(link=("commit", when)))

    code = made.deploy(SECOND, no_confirm=True)

    done, own = Outcome.COMMITTED, expected("commit", when)[1]
    assert (code, made.outcomes) == (0 if own is done else 8, (done, own, done))
    assert [host.serving for host in made.hosts if host.name != "web2"] == [SECOND_ID] * 2


def test_a_commit_whose_answer_was_lost_is_committed_with_a_warning():
    made = with_trouble(web1=Trouble(link=("commit", Link.LOST_AFTER)))

    code = made.deploy(SECOND, no_confirm=True)

    assert (code, made.hosts[0].serving) == (0, SECOND_ID)
    assert made.ending is not None
    assert made.ending.hosts[0].cause == ""
    assert "finishing touches" in made.warnings[-1]


@pytest.mark.parametrize("message", ["order BUILD", "order VERIFY"])
def test_a_silent_host_is_let_go_before_it_is_asked(message):
    made = serving_first(troubles={"web1": Trouble(link=(message, Link.SILENT))})

    made.deploy(SECOND)

    assert "undo" not in made.spoken["web1"]
    assert made.hosts[0].outcomes in (["aborted"], ["rolled_back"])
