from typing import Any, cast

import pytest

from deployer.agent.runs.fleet_records import fleet_records
from deployer.agent.runs.journal import Journal, Writer
from deployer.agent.runs.lock import Lock
from tests.unit.agent.test_worker import outcomes, writes, wrote


def leave(host, *ends, run="r0", undo=()):
    """A run in the journal whose step touched what is live, and its ends."""
    journal = Journal(host.state / "journal")
    by = Writer(run, 1)
    journal.write(by, "begin", settle=[], command="deploy")
    journal.write(by, "step", state="start", step="activate", phase="PUBLISH", undo=list(undo))
    for outcome in ends:
        journal.write(by, "undo", state="start")
        journal.write(by, "end", outcome=outcome, cause="why")
    journal.close()


def recover(host):
    front = host.front()
    answer = front.ask({"verb": "recover", "app": "shop"}, "recovered", "refused")
    front.close()
    return answer


def test_nothing_is_left_to_do(host):
    assert recover(host) == {
        "event": "recovered",
        "run": "",
        "outcome": "",
        "cause": "",
        "fell_back": False,
    }


def test_an_open_run_is_put_back_and_told(host):
    leave(host, undo=[writes(host, "undone")])

    answer = recover(host)

    assert (answer["run"], answer["outcome"]) == ("r0", "rolled_back")
    assert wrote(host, "undone") == ["undone"]


def test_a_run_that_was_given_up_is_tried_once_more(host):
    leave(host, "rollback_failed", undo=[writes(host, "undone")])

    answer = recover(host)

    assert (answer["run"], answer["outcome"]) == ("r0", "rolled_back")
    assert outcomes(host) == ["rollback_failed", "rolled_back"]
    assert recover(host)["outcome"] == ""


def test_one_that_fails_again_is_told_with_its_cause(host):
    leave(host, "rollback_failed", undo=[{"action": "Run", "command": ["false"]}])

    answer = recover(host)

    assert answer["outcome"] == "rollback_failed"
    assert "false" in answer["cause"]


def test_whoever_is_at_work_is_not_disturbed(host):
    lock = Lock(host.state, {"run": "r1", "command": "deploy", "actor": "ann"})

    answer = recover(host)

    assert (answer["event"], answer["why"]) == ("refused", "locked")
    assert "ann" in answer["message"]
    lock.release()


def begin(run, command="deploy"):
    return {"event": "begin", "run": run, "command": command, "release": {"id": f"of {run}"}}


def proposed(run):
    return {"event": "await_confirm", "run": run, "fleet": ["web1", "web2"], "leader": "web1"}


def end(run, outcome):
    return {"event": "end", "run": run, "outcome": outcome}


ONE = (begin("r1"), proposed("r1"), end("r1", "committed"))
TWO = (begin("r2"), proposed("r2"), end("r2", "rolled_back"))


@pytest.mark.parametrize(
    ("records", "decided", "went_back"),
    [
        ((), None, []),
        (ONE, "r1", []),
        ((*ONE, *TWO), "r1", ["r2"]),
        ((*TWO, *ONE), "r1", []),
        ((*ONE, begin("r2"), proposed("r2")), "r1", ["r2"]),
        ((*ONE, begin("r2"), end("r2", "aborted")), "r1", []),
        ((*ONE, begin("b1", "backup"), end("b1", "committed")), "r1", []),
        ((*ONE, *TWO, begin("r3", "recover"), end("r3", "committed")), "r3", []),
    ],
)
def test_the_journal_says_what_was_decided_last_and_what_went_back_since(
    records, decided, went_back
):
    found = cast("dict[str, Any]", fleet_records(records))

    assert (found["decided"] and found["decided"]["run"]) == decided
    assert [one["run"] for one in found["went_back"]] == went_back
