"""Links that are cut, half cut or healed, and controllers that are stopped, on a real host."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest

from deployer.lab import network
from deployer.lab.lab import Lab
from deployer.transport.pulse import SILENCE
from tests.faults.scenes import OTHER_KEY, OWN_KEY
from tests.faults.tiny import NAME
from tests.lab.patient import Patient, told
from tests.lab.project import INV

NOTICED = 15.0
SLOWER = 5.0
"""Seconds on top: this machine is busy, and looking costs time too."""
Cut = Callable[[Lab, Patient], None]


@pytest.fixture(scope="module")
def deployed(lab1: Lab, tmp_path_factory: pytest.TempPathFactory) -> Patient:
    made = Patient(tmp_path_factory.mktemp("links"), lab1.hosts[0])
    made.must("setup")
    made.must("deploy")
    return made


@pytest.fixture
def project(lab1: Lab, deployed: Patient) -> Iterator[Patient]:
    yield deployed
    deployed.open_gate()
    healed(lab1, deployed)


def cut(lab: Lab, project: Patient) -> None:
    lab.cut_link(project.host)


def deafen_host(lab: Lab, project: Patient) -> None:
    network.deafen(lab.place.bridge, project.host.address)


def deafen_controller(_lab: Lab, project: Patient) -> None:
    project.host.run(f"ip neighbour replace {_ours(project)} lladdr {network.NOBODY} {_CARD}")


_CARD = "dev host0 nud permanent"


def _ours(project: Patient) -> str:
    return project.host.address.rpartition(".")[0] + ".1"


def healed(lab: Lab, project: Patient) -> None:
    lab.heal_link(project.host)
    network.undeafen(lab.place.bridge, project.host.address)
    project.host.run(f"ip neighbour delete {_ours(project)} dev host0")


def test_what_stands_still_for_a_while_is_not_given_up(project, lab1):
    """A link, then the controller, then the host: each lives, and nothing says that it does not."""
    started = project.waiting_deploy()

    lab1.cut_link(project.host)
    time.sleep(5)  # noqa: TID251  the length of the cut is what is tried
    lab1.heal_link(project.host)
    time.sleep(SLOWER)  # noqa: TID251  both have spoken again
    started.send_signal(signal.SIGSTOP)
    time.sleep(7.5)  # noqa: TID251  with the beat before, nearly all that a host waits
    started.send_signal(signal.SIGCONT)
    time.sleep(SLOWER)  # noqa: TID251  as above
    lab1.freeze(project.host)
    time.sleep(SILENCE + 3)  # noqa: TID251  longer than either side waits
    lab1.thaw(project.host)
    time.sleep(SLOWER)  # noqa: TID251  as above
    project.open_gate()

    code, output = told(started)
    assert code == 0, output
    assert project.ends()[-1] == "committed"


@pytest.mark.parametrize("how", [cut, deafen_host, deafen_controller])
def test_a_dead_link_is_noticed_by_both_sides_in_time(project, lab1, how: Cut, record_property):
    live, runs = project.live(), len(project.ends())
    started = project.waiting_deploy("--output", "plain")
    since = time.monotonic()

    how(lab1, project)

    project.until(lambda: _is_undoing(project), NOTICED + SLOWER)
    by_host = time.monotonic() - since
    noticed = _heard(started, "asking it what became of the run")
    by_us = time.monotonic() - since
    record_property("seconds", f"{how.__name__}: host {by_host:.1f}, controller {by_us:.1f}")
    print(f"{how.__name__}: host {by_host:.1f} s, controller {by_us:.1f} s")  # noqa: T201
    assert noticed
    assert by_host < NOTICED + SLOWER
    assert by_us < NOTICED + SLOWER
    project.until(lambda: len(project.ends()) > runs)
    code, output = told(started)
    assert code == 7, output
    assert "put itself back by" in output
    healed(lab1, project)
    project.until(lambda: project.inv("status").returncode == 0)
    assert project.live() == live
    assert project.ends()[-1] == "rolled_back"


def _is_undoing(project: Patient) -> bool:
    last = [one for one in project.records() if one["event"] in {"begin", "undo"}]
    return last[-1]["event"] == "undo"


def _heard(started: "subprocess.Popen[str]", words: str) -> bool:
    assert started.stdout is not None
    return any(words in line for line in started.stdout)


def test_a_host_that_comes_back_in_time_says_what_became_of_the_run(project, lab1):
    project.section("ssh")["reconnect_timeout"] = "60s"
    project.write()
    live, runs = project.live(), len(project.ends())
    started = project.waiting_deploy()

    lab1.cut_link(project.host)
    project.until(lambda: len(project.ends()) > runs)
    lab1.heal_link(project.host)

    code, output = told(started)
    project.section("ssh")["reconnect_timeout"] = "3s"
    project.write()
    assert code == 6, output
    assert project.live() == live


def test_a_worker_that_dies_while_the_link_stands_is_asked_about(project):
    live = project.live()
    started = project.waiting_deploy()

    project.host.run(f"systemctl kill --signal=KILL 'deployer-{NAME}-*'")

    code, output = told(started)
    assert code == 6, output
    assert "put itself back" in output
    assert project.live() == live


def test_a_closed_terminal_puts_everything_back_with_a_table(project):
    live, before = project.live(), frozen(project)
    started = project.waiting_deploy()

    started.send_signal(signal.SIGHUP)

    code, output = told(started)
    assert code == 130, output
    assert "RESULT" in output
    assert f"{live} is live" in output
    assert project.ends()[-1] == "rolled_back"
    assert frozen(project) == before


def test_the_second_signal_leaves_a_frozen_host_to_itself_at_once(project, lab1):
    live, runs = project.live(), len(project.ends())
    started = project.waiting_deploy("--output", "plain")
    lab1.freeze(project.host)
    try:
        started.send_signal(signal.SIGINT)
        time.sleep(1)  # noqa: TID251  as a CI system does
        since = time.monotonic()
        started.send_signal(signal.SIGTERM)
        code, output = told(started, 30)
        seconds = time.monotonic() - since
    finally:
        lab1.thaw(project.host)

    assert code == 130, output
    assert seconds < 10
    assert "left to put itself back" in output
    assert "inv status" in output
    project.until(lambda: len(project.ends()) > runs)
    assert project.ends()[-1] == "rolled_back"
    assert project.live() == live


def test_a_job_that_github_cancels_is_put_back_and_can_be_run_again(project):
    """As when only the shell of a step hears the signals, before the whole tree is killed."""
    live, runs = project.live(), len(project.ends())
    project.close_gate()
    project.revise()
    begun = len(project.records())
    shell = subprocess.Popen(
        ["bash", "-c", f"{INV} deploy --env lab --output plain; exit $?"],
        cwd=project.folder,
        env=project.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    project.until(lambda: project.is_at("collect_static", begun))

    shell.send_signal(signal.SIGINT)
    time.sleep(7.5)  # noqa: TID251  as GitHub does
    shell.send_signal(signal.SIGTERM)
    time.sleep(2.5)  # noqa: TID251  as above
    os.killpg(shell.pid, signal.SIGKILL)
    shell.communicate(timeout=30)

    project.until(lambda: len(project.ends()) > runs)
    assert project.ends()[-1] == "rolled_back"
    assert project.live() == live
    assert "the controller was lost" in project.must("history")
    project.must("status")
    project.open_gate()
    again = project.inv("deploy")
    assert again.returncode == 0, again.stdout + again.stderr


def test_a_host_whose_key_changes_before_the_confirm_is_never_confirmed(project):
    live = project.live()
    started = project.waiting_deploy()
    assert project.host.run(OTHER_KEY).returncode == 0
    try:
        project.open_gate()
        code, output = told(started)
    finally:
        project.host.run(OWN_KEY)
        project.until(lambda: project.host.answers_ssh)

    assert code == 6, output
    assert "cannot be reached anew" in output
    assert "key" in output
    assert project.ends()[-1] == "rolled_back"
    assert project.live() == live
    project.must("status")


def test_a_reader_that_leaves_early_stops_no_deploy(project):
    project.revise()
    line = f"{INV} deploy --env lab | head -1"

    subprocess.run(
        ["sh", "-c", line],
        cwd=project.folder,
        env=project.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        timeout=120,
        check=True,
    )

    assert project.ends()[-1] == "committed"


def frozen(project: Patient) -> list[object]:
    document = json.loads(project.inv("status", "--output", "json").stdout)
    found = document["rows"][0]["frozen"]
    assert isinstance(found, list)
    return found
