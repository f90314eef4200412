import pytest

from deployer.agent.runs.verdict import verdict
from deployer.core.report import Outcome
from deployer.core.run_outcome import RunOutcome, parse_run_outcome, run_outcome
from tests.unit.agent.talk import RELEASE

BEGIN = {"run": "r1", "event": "begin", "command": "deploy", "release": RELEASE, "previous": ""}
AWAITS = {"run": "r1", "event": "await_confirm", "fleet": ["web1", "web2"], "leader": "web1"}


def end(outcome, cause=""):
    return {"run": "r1", "event": "end", "outcome": outcome, "cause": cause}


def test_a_run_that_the_journal_never_heard_of_is_unknown():
    assert verdict([{**BEGIN, "run": "r2"}], "r1")["outcome"] == "unknown"


def test_a_run_without_an_end_is_open():
    found = verdict([BEGIN, AWAITS], "r1")

    assert (found["outcome"], found["awaits_confirm"]) == ("open", True)
    assert (found["fleet"], found["leader"]) == (["web1", "web2"], "web1")


@pytest.mark.parametrize("outcome", ["committed", "rolled_back", "aborted", "rollback_failed"])
def test_an_end_says_what_became_of_a_run(outcome):
    found = verdict([BEGIN, AWAITS, end(outcome, "why"), {**BEGIN, "run": "r2"}], "r1")

    assert (found["outcome"], found["cause"]) == (outcome, "why")
    assert found["awaits_confirm"] is False
    assert found["release"] == RELEASE["id"]


def test_a_later_end_counts_more_than_an_earlier_one():
    assert verdict([BEGIN, end("rollback_failed"), end("rolled_back")], "r1")["outcome"] == (
        "rolled_back"
    )


def test_the_controller_reads_an_answer():
    found = parse_run_outcome({**verdict([BEGIN, AWAITS, end("committed")], "r1"), "at_work": True})

    assert found == RunOutcome(
        run="r1",
        outcome=Outcome.COMMITTED,
        is_known=True,
        at_work=True,
        command="deploy",
        release="000042-1a2b3c4",
        revision="1a2b3c4d5e",
        fleet=("web1", "web2"),
        leader="web1",
    )


def test_open_and_never_heard_of_are_not_the_same():
    opened = parse_run_outcome(verdict([BEGIN], "r1"))
    strange = parse_run_outcome(verdict([], "r1"))

    assert (opened.outcome, opened.is_open) == (Outcome.UNKNOWN, True)
    assert (strange.outcome, strange.is_open, strange.is_known) == (Outcome.UNKNOWN, False, False)


def test_an_answer_that_is_damaged_says_nothing():
    assert parse_run_outcome({"outcome": 3, "fleet": "web1"}) == RunOutcome("")


def ask(host, run):
    front = host.front()
    question = run_outcome(run).question()
    answers = front.ask({"verb": "facts", "app": "shop", "ask": [question]}, "facts")["answers"]
    front.close()
    return answers[f"outcome:{run}"]


def test_another_connection_learns_how_a_run_stands_and_ended(host):
    worker = host.worker(release=RELEASE)
    worker.until("begun")

    during = ask(host, "r1")
    worker.close()
    host.wait()
    after = ask(host, "r1")

    assert (during["outcome"], during["at_work"]) == ("open", True)
    assert (after["outcome"], after["at_work"]) == ("aborted", False)
    assert after["cause"] == "the controller was lost"


def test_a_strange_name_of_a_run_is_an_error_of_this_question_only(host):
    assert "is not the id of a run" in ask(host, "../x")["error"]
