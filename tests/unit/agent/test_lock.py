import subprocess
import sys

import pytest

from deployer.agent.runs import lock
from deployer.agent.runs.lock import Lock, LockHeld

HOLD = """
import sys
from pathlib import Path
from deployer.agent.runs.lock import Lock
held = Lock(Path(sys.argv[1]), {"run": "other"})
print("held", flush=True)
sys.stdin.read()
"""


def test_the_second_one_is_refused_and_told_who_has_it(tmp_path):
    held = Lock(tmp_path, {"run": "r1", "actor": "ann"})

    with pytest.raises(LockHeld) as refused:
        Lock(tmp_path, {"run": "r2"})

    assert refused.value.owner == {"run": "r1", "actor": "ann"}
    held.release()


def test_it_is_free_again_after_release(tmp_path):
    Lock(tmp_path, {"run": "r1"}).release()

    Lock(tmp_path, {"run": "r2"}).release()

    assert lock.owner(tmp_path) == {}


def test_a_reader_sees_the_owner_while_it_is_held(tmp_path):
    held = Lock(tmp_path, {"run": "r1"})

    assert lock.owner(tmp_path) == {"run": "r1"}
    held.release()


def test_the_lock_file_stays_so_that_nobody_locks_a_removed_one(tmp_path):
    Lock(tmp_path, {"run": "r1"}).release()

    assert (tmp_path / "lock").exists()


def test_a_killed_holder_leaves_no_lock_behind(tmp_path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdout
        holder.stdout.readline()
        assert lock.owner(tmp_path) == {"run": "other"}

        holder.kill()
        holder.wait(10)

        Lock(tmp_path, {"run": "r2"}).release()


def test_a_program_that_was_started_under_the_lock_does_not_keep_it(tmp_path):
    held = Lock(tmp_path, {"run": "r1"})
    with subprocess.Popen(["sleep", "60"], close_fds=False) as child:
        held.release()

        Lock(tmp_path, {"run": "r2"}).release()

        child.kill()


def test_a_disk_too_full_to_name_the_holder_does_not_stop_it(tmp_path):
    (tmp_path / "owner.json").mkdir()  # no file can take its place, as if there was no room

    held = Lock(tmp_path, {"run": "recovery"})

    assert lock.owner(tmp_path) == {"run": "unknown"}
    held.release()
