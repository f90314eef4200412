import subprocess
import sys
import threading

import pytest

from deployer.agent.context import Context
from deployer.agent.program import main
from deployer.agent.runs.guarding import LEFT_OPEN, guard, stand_by
from deployer.agent.runs.journal import Journal, Writer

RUN = "20260101-000000-abcd"


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "var/lib/deployer/shop"
    made.mkdir(parents=True)
    return made


def begin(folder, *, end=""):
    journal, writer = Journal(folder / "journal"), Writer(RUN, 1)
    journal.write(writer, "begin", command="deploy", settle=[])
    if end:
        journal.write(writer, "end", outcome=end)
    journal.close()


def test_a_run_that_a_dead_process_left_open_calls_for_help(tmp_path, folder):
    begin(folder)
    with subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE) as waits:
        ended = []
        watch = threading.Thread(target=lambda: ended.append(stand_by("shop", waits.pid, tmp_path)))
        watch.start()
        watch.join(0.2)
        assert ended == []
        waits.kill()
    watch.join(10)

    assert ended == [LEFT_OPEN]


def test_nobody_is_called_when_all_runs_have_their_end(tmp_path, folder):
    begin(folder, end="rolled_back")
    gone = subprocess.Popen(["true"])
    gone.wait()

    assert stand_by("shop", gone.pid, tmp_path) == 0


def test_a_host_in_a_folder_has_no_guard(tmp_path):
    guard(Context("shop", "", root=tmp_path))


@pytest.mark.parametrize("process", ["", "0", "x", "-1", "1 2"])
def test_a_process_is_a_number(process, capsys):
    assert main(["guard", "shop", process]) == 2
    assert "not the number of a process" in capsys.readouterr().err
