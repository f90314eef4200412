"""Processes and timers beside the web app, on a real host: all of one release, or of the other."""

import json
import re
import subprocess

import pytest

from deployer.lab.host import LabHost
from deployer.lab.lab import Lab
from tests.apps import commit
from tests.faults.tiny import NAME
from tests.lab.beside import (
    DEAF,
    DIES,
    SHARED,
    WORKER,
    add_jobs,
    beside,
    change,
    read,
    running,
    until,
    with_celery,
)
from tests.lab.outside import live
from tests.lab.project import INV, Project

WORKERS = (f"{NAME}.worker@1.service", f"{NAME}.worker@2.service")
PYTHON = "python"


@pytest.fixture(scope="module")
def project(lab1: Lab, tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("workers")
    made = Project(folder, lab1.hosts, beside(folder / "tiny"))
    made.section("app", "processes")["worker"] = {
        "command": [PYTHON, "-m", "app.worker", "{replica}"],
        "replicas": 2,
        "stop_timeout": "10s",
    }
    made.section("app", "timers")["tick"] = {
        "command": [PYTHON, "-m", "app.tick"],
        "schedule": "*:*:0/2",
    }
    made.write()
    made.must("setup")
    made.must("deploy")
    return made


def units(host: LabHost) -> str:
    return host.run(f"ls -R /etc/systemd/system | grep '^{NAME}[.]' | sort | xargs").stdout


def test_all_are_on_the_new_release_and_no_job_is_lost(project: Project) -> None:
    (host,) = project.hosts
    first = live(host, NAME)
    assert running(host) == dict.fromkeys(WORKERS, first)
    assert until(lambda: first in read(host, "ticks"))
    add_jobs(host, "a", 20)
    assert until(lambda: bool(host.run(f"ls {SHARED}/*.taken*").stdout.split()))
    change(project.app, "Second")

    project.must("deploy")

    second = live(host, NAME)
    assert second != first
    assert running(host) == dict.fromkeys(WORKERS, second)
    host.run(f"rm {SHARED}/ticks")
    assert until(lambda: set(read(host, "ticks")) == {second})
    assert until(lambda: len(host.run(f"ls {SHARED}/a-*.done").stdout.split()) == 20)
    done = host.run(f"for f in {SHARED}/a-*.done; do cat $f; echo; done").stdout.split()
    assert sorted(set(done)) == [first, second]
    assert len(done) == 20


def test_a_worker_that_dies_after_its_start_takes_the_release_back(project: Project) -> None:
    (host,) = project.hosts
    before = live(host, NAME)
    change(project.app, "Die", worker=DIES)

    done = project.inv("deploy")

    assert done.returncode == 6
    assert "no broker to be found" in done.stdout + done.stderr
    assert live(host, NAME) == before
    assert running(host) == dict.fromkeys(WORKERS, before)


def test_the_plan_and_the_status_tell_of_them(project: Project) -> None:
    (host,) = project.hosts
    change(project.app, "To be told")

    plan = project.inv("plan").stdout
    status = project.must("status")
    project.must("deploy")
    log = project.must("logs", "--process", "worker")

    assert f"run {', '.join(WORKERS)}, {NAME}.tick.timer on " in plan
    assert re.search(r"worker 2/2, tick (?:next \w{3} 20|at work)", status)
    assert f"ready {live(host, NAME)}" in log


def test_a_worker_that_was_killed_is_started_again_and_a_dead_one_is_told(
    project: Project,
) -> None:
    (host,) = project.hosts
    host.run(f"systemctl stop {WORKERS[1]}")

    status = project.inv("status")
    again = project.must("deploy")

    assert status.returncode == 7
    assert f"`{WORKERS[1]}` is inactive" in status.stdout
    assert "already live" not in again
    assert running(host) == dict.fromkeys(WORKERS, live(host, NAME))


def test_fewer_copies_and_a_dropped_timer_leave_nothing_behind(project: Project) -> None:
    (host,) = project.hosts
    before = live(host, NAME)
    project.section("app", "processes", "worker")["replicas"] = 1
    project.section("app", "processes", "worker")["stop_before_migrate"] = True
    timers = project.section("app", "timers")
    tick = timers.pop("tick")
    project.section("app", "framework")["migrate"] = ["venv/bin/python", "-m", "app.look"]
    project.write()

    output = project.must("deploy")

    assert f"`{WORKERS[1]}` is stopped and removed" in output
    assert read(host, "seen") == ["0"]
    assert running(host) == {WORKERS[0]: live(host, NAME)}
    assert units(host).split() == [f"{NAME}.worker@.service", WORKERS[0]]
    assert host.run(f"systemctl is-active {NAME}.tick.timer").stdout.strip() == "inactive"

    project.must("rollback")

    assert live(host, NAME) == before
    assert running(host) == dict.fromkeys(WORKERS, before)
    assert f"{NAME}.tick.timer" in units(host).split()
    timers["tick"] = tick
    project.section("app", "processes", "worker")["replicas"] = 2
    project.write()


def test_a_controller_that_dies_leaves_the_old_ones_and_a_boot_brings_them_up(
    project: Project, lab1: Lab
) -> None:
    (host,) = project.hosts
    change(project.app, "Cut off", worker=WORKER.replace('print("ready"', 'print("cut"'))
    before = live(host, NAME)
    deploy = subprocess.Popen(
        [INV, "deploy", "--env", "lab"],
        cwd=project.folder,
        env=project.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert until(lambda: bool(set(running(host).values()) - {before}))
    deploy.kill()
    deploy.wait()

    assert until(lambda: running(host) == dict.fromkeys(WORKERS, before))
    assert live(host, NAME) == before
    lab1.reboot(host)

    assert until(lambda: running(host) == dict.fromkeys(WORKERS, before))
    host.run(f"rm {SHARED}/ticks")
    assert until(lambda: read(host, "ticks") == [before])


def test_a_power_cut_amid_the_restart_ends_with_all_of_the_old_release(
    project: Project, lab1: Lab
) -> None:
    (host,) = project.hosts
    change(project.app, "Power")
    before = live(host, NAME)
    deploy = subprocess.Popen(
        [INV, "deploy", "--env", "lab"],
        cwd=project.folder,
        env=project.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert until(lambda: bool(set(running(host).values()) - {before}))
    lab1.power_cut(host)
    deploy.kill()
    deploy.wait()
    lab1.boot(host)

    assert until(lambda: running(host) == dict.fromkeys(WORKERS, before))
    assert live(host, NAME) == before


def test_nothing_runs_beside_while_a_backup_is_restored(project: Project) -> None:
    (host,) = project.hosts
    backup = json.loads(project.must("backups", "--output", "json"))["rows"][-1]
    before = live(host, NAME)

    code, events = project.events(
        "restore",
        *("--backup", backup["name"], "--database"),
        *("--yes-i-lose-writes-since", backup["created"][:16]),
    )

    assert code == 0, events[-1]
    steps = [str(one["step"]) for one in events if one["event"] == "StepFinished"]
    assert steps.index("stop_processes") < steps.index("pause") < steps.index("run_processes")
    assert running(host) == dict.fromkeys(WORKERS, before)


def test_a_deaf_one_is_killed_and_told_and_by_another_name_it_stops_before_the_migration(
    project: Project,
) -> None:
    (host,) = project.hosts
    processes = project.section("app", "processes")
    worker = project.section("app", "processes", "worker")
    worker["stop_timeout"] = "1s"
    project.write()
    change(project.app, "Deaf", worker=DEAF)
    project.must("deploy")
    worker.update(replicas=1, stop_before_migrate=True)
    processes["jobs"] = processes.pop("worker")
    project.section("app", "timers", "tick")["schedule"] = "2020-01-01"
    project.write()

    output = project.must("deploy")

    steps = [line for line in output.splitlines() if "did not end" in line or "migrate " in line]
    assert [f"`{unit}` did not end in the time" in steps[at] for at, unit in enumerate(WORKERS)]
    assert "| migrate " in steps[2], steps
    assert running(host) == {f"{NAME}.jobs@1.service": live(host, NAME)}
    assert host.run("systemctl --failed --plain --no-legend").stdout.strip() == ""
    assert f"`{NAME}.tick.timer` never fires" in output
    assert "tick never fires again" in project.must("status")


def test_without_any_in_the_inventory_all_are_removed(project: Project) -> None:
    (host,) = project.hosts
    project.section("app").pop("processes")
    project.section("app").pop("timers")
    project.write()

    project.must("deploy")

    assert (running(host), units(host).split()) == ({}, [])
    assert host.run(f"test -e /srv/{NAME}/run/processes").returncode != 0


def test_a_first_deploy_leaves_no_dead_worker_and_celery_ends_its_tasks_before_it_ends(
    fresh_host: LabHost, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("celery")
    project = Project(folder, (fresh_host,), with_celery(folder / "tiny"))
    worker = "celery -A app.jobs worker --concurrency 2 --hostname w{replica}@%h --loglevel INFO"
    settings = project.section("app", "processes", "worker")
    settings.update(command=["python", "-c", "raise SystemExit(3)"], stop_timeout="30s")
    project.write()
    project.must("setup")
    dead = project.inv("deploy")
    assert (dead.returncode, units(fresh_host).split()) == (6, []), dead.stdout
    settings["command"] = worker.split()
    project.write()
    project.must("deploy", "--unfreeze")
    first = live(fresh_host, NAME)
    project.must("run", "--command", "python -c 'import app.jobs; app.jobs.send()'")
    assert until(lambda: len(fresh_host.run(f"ls {SHARED}/*.taken").stdout.split()) >= 2)
    commit(project.app, "News", {"NEWS": "second"})

    project.must("deploy")

    second = live(fresh_host, NAME)
    assert running(fresh_host) == {WORKERS[0]: second}
    assert until(lambda: len(fresh_host.run(f"ls {SHARED}/c-*.done").stdout.split()) == 6)
    done = fresh_host.run(f"for f in {SHARED}/c-*.done; do cat $f; echo; done").stdout.split()
    assert (len(done), sorted(set(done))) == (6, [first, second])
