import pytest

from deployer.agent.runs.journal import Journal, Writer
from deployer.agent.runs.lock import Lock
from deployer.agent.runs.recovering import recover
from deployer.agent.runs.recovery import ATTEMPTS
from tests.unit.agent.talk import shell


@pytest.fixture
def crashed(host):
    """Give a function that leaves a run open, as a killed worker does."""

    def leave_open(undo, settle=(), attempts=0, phase="PUBLISH"):
        journal = Journal(host.state / "journal")
        by = Writer("r1", 1)
        journal.write(by, "begin", settle=list(settle), command="deploy", actor="ann")
        journal.write(by, "step", state="start", step="one", phase=phase, undo=undo)
        for _ in range(attempts):
            journal.write(by, "undo", state="start")
        journal.close()
        return host

    return leave_open


def outcomes(host):
    return [one["outcome"] for one in host.journal() if one["event"] == "end"]


def count(host):
    path = host.root / "count"
    return len(path.read_text().split()) if path.exists() else 0


def counting(host, *, ok):
    return shell(f"echo x >> {host.root}/count; {'true' if ok else 'false'}")


def test_an_open_run_is_put_back_and_a_second_time_there_is_nothing_to_do(host, crashed):
    crashed([counting(host, ok=True)], [counting(host, ok=True)])

    assert recover("shop", host.root) == 0
    assert recover("shop", host.root) == 0

    assert count(host) == 2
    assert outcomes(host) == ["rolled_back"]


def test_a_crash_before_publishing_does_not_touch_the_live_release(host, crashed):
    crashed([], [counting(host, ok=True)], phase="BUILD")

    assert recover("shop", host.root) == 0

    assert count(host) == 0
    assert outcomes(host) == ["aborted"]


def test_a_live_holder_of_the_lock_does_it_itself(host, crashed):
    crashed([counting(host, ok=True)])
    held = Lock(host.state, {"run": "r1"})

    assert recover("shop", host.root) == 0

    assert count(host) == 0
    held.release()


def test_it_is_tried_a_few_times_and_then_left_to_a_person(host, crashed):
    crashed([], [counting(host, ok=False)])

    assert recover("shop", host.root, pause=0) == 1

    assert count(host) == ATTEMPTS
    assert outcomes(host) == ["rollback_failed"]
    assert recover("shop", host.root, pause=0) == 0
    assert count(host) == ATTEMPTS


def test_attempts_that_crashed_count_too(host, crashed):
    crashed([counting(host, ok=True)], attempts=ATTEMPTS)

    assert recover("shop", host.root, pause=0) == 1

    assert count(host) == 0
    assert outcomes(host) == ["rollback_failed"]


def test_an_attempt_that_fails_once_is_repaired_by_the_next(host, crashed):
    flag = host.root / "flag"
    crashed([], [shell(f"test -e {flag} || {{ touch {flag}; false; }}")])

    assert recover("shop", host.root, pause=0) == 0

    assert outcomes(host) == ["rolled_back"]


def test_an_action_that_this_agent_does_not_know_is_an_error_not_a_crash(host, crashed):
    crashed([{"action": "Format"}])

    assert recover("shop", host.root, pause=0) == 1


def test_an_app_that_never_ran_needs_nothing(host):
    assert recover("shop", host.root) == 0
    assert recover("other", host.root) == 0
