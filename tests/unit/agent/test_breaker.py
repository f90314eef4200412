"""After three recoveries in vain a person must look; what may still be done, and what not."""

import signal
import subprocess
import sys

import pytest

from deployer.agent.runs.journal import Journal, Writer, encode, load
from deployer.agent.runs.recovering import NOT_AGAIN, recover, recover_locked
from deployer.agent.runs.recovery import ATTEMPTS, broken, plan
from tests.unit.agent.talk import shell

RECOVER = """
import sys
from pathlib import Path
from deployer.agent.runs.recovering import recover
sys.exit(recover("shop", Path(sys.argv[1]), 0))
"""


def leave_open(host, undo, settle=(), run="r1", fence=1):
    journal = Journal(host.state / "journal")
    by = Writer(run, fence)
    journal.write(
        by, "begin", settle=list(settle), command="deploy", release={"id": "000009-abcdef0"}
    )
    journal.write(by, "step", state="start", step="one", phase="PUBLISH", undo=undo)
    journal.close()


def give_up(host):
    leave_open(host, [shell("echo no room; false")])
    recover("shop", host.root, pause=0)


def begin(host, command, run="r2"):
    peer = host.worker(run=run, command=command)
    answer = peer.receive()
    peer.close()
    return answer


def killed_recoveries(host, times):
    """Have a recovery kill itself, as a crash or the power would, so many times."""
    codes = []
    for _ in range(times):
        words = [sys.executable, "-c", RECOVER, str(host.root)]
        codes.append(subprocess.run(words, check=False, stdout=subprocess.DEVNULL).returncode)
    return codes


def test_recoveries_that_are_killed_count_and_end_with_the_breaker(host):
    leave_open(host, [shell(f"kill -9 $PPID; echo x >> {host.root}/survived")])

    codes = killed_recoveries(host, ATTEMPTS)
    records = load(host.state / "journal")

    assert codes == [-signal.SIGKILL] * ATTEMPTS
    assert sum(one["event"] == "undo" for one in records) == ATTEMPTS
    assert broken(records) is None
    assert recover("shop", host.root, pause=0) == 1
    found = broken(load(host.state / "journal"))
    assert found is not None
    assert found.cause == f"putting back was tried {ATTEMPTS} times"
    assert recover("shop", host.root, pause=0) == 0


def test_a_deploy_is_refused_with_the_run_the_cause_and_what_to_do(host):
    give_up(host)

    answer = begin(host, "deploy")

    assert (answer["event"], answer["why"]) == ("refused", "broken")
    said = "deploy 000009-abcdef0 (run `r1`) could not be put back: one: "
    assert answer["message"].startswith(said)
    assert "inv recover" in answer["hint"]
    assert "inv rollback" in answer["hint"]


@pytest.mark.parametrize("command", ["rollback", "backup"])
def test_what_helps_is_still_allowed(host, command):
    give_up(host)

    assert begin(host, command)["event"] == "begun"


@pytest.mark.parametrize("command", ["deploy", "prune"])
def test_what_could_make_it_worse_is_not(host, command):
    give_up(host)

    assert begin(host, command)["event"] == "refused"


def test_a_committed_rollback_mends_it(host):
    give_up(host)
    peer = host.worker(run="r2", command="rollback")
    peer.until("begun")

    peer.ask({"verb": "commit"}, "committed")
    peer.close()
    host.wait()

    assert broken(load(host.state / "journal")) is None
    assert begin(host, "deploy", "r3")["event"] == "begun"


def test_a_backup_does_not_mend_it(host):
    give_up(host)
    peer = host.worker(run="r2", command="backup")
    peer.until("begun")
    peer.ask({"verb": "commit"}, "committed")

    assert broken(load(host.state / "journal")) is not None


def test_somebody_can_have_it_tried_once_more(host):
    mended = host.root / "mended"
    leave_open(host, [shell(f"test -e {mended}")])
    recover("shop", host.root, pause=0)
    mended.touch()
    journal = Journal(host.state / "journal")

    ended = recover_locked("shop", host.root, journal, pause=0, again=True)
    journal.close()

    assert ended is not None
    assert ended.outcome == "rolled_back"
    assert broken(load(host.state / "journal")) is None
    assert recover("shop", host.root) == 0


def test_a_new_try_that_dies_is_open_again(host):
    leave_open(host, [shell("false")])
    recover("shop", host.root, pause=0)
    records = list(load(host.state / "journal"))
    last = {"run": "r1", "event": "undo", "state": "start", "seq": len(records) + 1, "fence": 1}

    assert plan(records) is None
    found = plan([*records, last])
    assert found is not None
    assert found.attempts == 1


def test_on_a_read_only_disk_processes_are_put_right_all_the_same(host):
    settled = host.root / "settled"
    leave_open(host, [shell("true")], [shell(f"echo x >> {settled}")])
    (host.state / "lock").touch()
    script = f"""
import sys, os
real = os.open
def opened(path, flags, *mode, **more):
    if str(path).startswith({str(host.state)!r}) and flags & os.O_ACCMODE:
        raise OSError(30, "Read-only file system", str(path))
    return real(path, flags, *mode, **more)
os.open = opened
from pathlib import Path
from deployer.agent.runs.recovering import recover
sys.exit(recover("shop", Path({str(host.root)!r}), 0))
"""

    done = subprocess.run([sys.executable, "-c", script], check=False, stdout=subprocess.PIPE)

    assert settled.read_text() == "x\n"
    assert b"read-only: processes are put right, nothing is recorded" in done.stdout
    assert done.returncode == 0
    assert [one["event"] for one in load(host.state / "journal")] == ["begin", "step"]


def test_a_journal_of_a_newer_deployer_is_refused_and_left_alone(host, capfd):
    line = encode({"run": "r9", "seq": 1, "event": "begin", "schema": 2, "fence": 9})
    (host.state / "journal").write_bytes(line)

    assert recover("shop", host.root) == NOT_AGAIN
    answer = begin(host, "deploy")

    assert "newer deployer (form 2, known here: 1)" in capfd.readouterr().out
    assert answer["event"] == "refused"
    assert "newer deployer" in answer["message"]
    assert (host.state / "journal").read_bytes() == line


def test_lines_of_the_open_run_that_are_damaged_need_a_person(host):
    leave_open(host, [shell("true")])
    whole = (host.state / "journal").read_bytes()
    (host.state / "journal").write_bytes(whole.replace(b'"begin"', b'"bigin"'))

    assert recover("shop", host.root, pause=0) == 1

    found = broken(load(host.state / "journal"))
    assert found is not None
    assert "1 lines of the journal are damaged" in found.cause
