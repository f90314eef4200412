"""The same deploy through the workers of a Dask cluster; one of them is killed in the middle."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from deployer.lab.host import LabHost
from deployer.lab.lab import Lab
from tests.faults.tiny import NAME, revise, tiny
from tests.lab.outside import live
from tests.lab.project import Project, until

PROJECT = Path(__file__).parents[2]
HOSTS = int(os.environ.get("DEPLOYER_DASK_HOSTS", "6"))
"""Thirty, when the figures in docs/guides/large-fleets.md were taken."""
WORKERS = 3


class Cluster:
    """A scheduler and workers on this machine, each a process of its own."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{port}"
        self.scheduler = self._start(
            "dask_scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"
        )
        self.workers = [self.add() for _ in range(WORKERS)]

    def add(self) -> "subprocess.Popen[bytes]":
        quiet = ("--no-nanny", "--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1")
        return self._start("dask_worker", self.address, *quiet)

    def _start(self, program: str, *words: str) -> "subprocess.Popen[bytes]":
        log = self._stack.enter_context((self._folder / "cluster.log").open("ab"))
        started = subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{program}", *words],
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        self._stack.callback(started.wait, 10)
        self._stack.callback(started.kill)
        return started


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with ExitStack() as stack:
        yield Cluster(tmp_path_factory.mktemp("cluster"), stack)


@pytest.fixture(scope="module")
def hosts() -> Iterator[tuple[LabHost, ...]]:
    with Lab(f"dask-{os.getpid()}", project=PROJECT) as lab:
        yield lab.up(HOSTS)


@pytest.fixture(scope="module")
def project(hosts: tuple[LabHost, ...], tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("tiny")
    made = Project(folder, hosts, tiny(folder / "tiny"))
    made.section("rollout")["batches"] = ["50%"]
    made.section("ssh")["reconnect_timeout"] = "20s"
    made.write()
    made.must("setup")
    made.must("deploy")
    return made


def spread(cluster: Cluster) -> tuple[str, ...]:
    return ("--executor", "dask", "--scheduler", cluster.address)


def served(project: Project) -> set[str]:
    return {live(host, NAME) for host in project.hosts}


def shape(events: list[dict[str, object]]) -> list[tuple[str, str, str]]:
    """What happened where, without times, ids and the order among hosts."""
    told = {"PhaseStarted", "StepStarted", "StepFinished", "StepSkipped"}
    kept = [one for one in events if one["event"] in told]
    where = [str(one.get("host", one.get("hosts"))) for one in kept]
    what = [str(one.get("step", one.get("phase"))) for one in kept]
    return sorted(zip((str(one["event"]) for one in kept), where, what, strict=True))


def test_it_is_the_same_deploy(project: Project, cluster: Cluster) -> None:
    revise(project.app, "here")
    code_here, here = project.events("deploy")
    (before,) = served(project)
    revise(project.app, "there")

    code_there, there = project.events("deploy", *spread(cluster))

    assert (code_here, code_there) == (0, 0), there[-1]
    assert shape(here) == shape(there)
    assert len(served(project)) == 1
    assert served(project) != {before}
    assert project.events("deploy", *spread(cluster))[0] == 0


def test_what_a_worker_meets_is_told_as_here(project: Project, cluster: Cluster) -> None:
    before = served(project)
    revise(project.app, "broken", broken="health")
    here = project.inv("deploy")

    there = project.inv("deploy", "--unfreeze", *spread(cluster))

    assert (here.returncode, there.returncode) == (6, 6), there.stdout
    assert "`/healthz` answered" in there.stdout
    assert served(project) == before


def test_a_worker_that_is_killed_is_a_lost_link_of_its_hosts(
    project: Project, cluster: Cluster
) -> None:
    before = served(project)
    revise(project.app, "killed")

    with project.started("deploy", *spread(cluster)) as deploy:
        assert until(deploy, "restart", "started")
        cluster.workers[0].send_signal(signal.SIGKILL)
        rest, _ = deploy.communicate(timeout=150)

    assert deploy.returncode == 6, rest
    assert f"Dask worker {cluster.address[:14]}" in rest
    assert served(project) == before
    project.must("health")


def test_the_workers_that_are_left_go_on(project: Project, cluster: Cluster) -> None:
    before = served(project)

    project.must("deploy", "--unfreeze", *spread(cluster))

    assert len(served(project)) == 1
    assert served(project) != before


def test_hosts_put_themselves_back_when_the_tool_is_killed(
    project: Project, cluster: Cluster
) -> None:
    before = served(project)
    revise(project.app, "alone")

    with project.started("deploy", *spread(cluster)) as deploy:
        assert until(deploy, "restart", "started")
        deploy.kill()
        deploy.wait(10)
    said = project.inv("status", "--output", "json")

    project.must("deploy", "--wait", "90s", "--unfreeze")
    assert served(project) != before, said.stdout


def test_without_a_scheduler_hosts_are_asked_from_here(project: Project, cluster: Cluster) -> None:
    before = served(project)
    revise(project.app, "orphaned")

    with project.started("deploy", *spread(cluster)) as deploy:
        assert until(deploy, "restart", "started")
        cluster.scheduler.kill()
        rest, _ = deploy.communicate(timeout=150)

    assert deploy.returncode == 6, rest
    assert "no Dask worker is left: hosts are asked from here" in rest
    assert served(project) == before


def test_words_that_cannot_be_are_refused(project: Project) -> None:
    before = served(project)
    for words, said in (
        (("--executor", "dask"), "needs the address of a scheduler"),
        (("--executor", "dask", "--scheduler", "tcp://127.0.0.1:9"), "No Dask scheduler answers"),
        (("--executor", "ray"), "`--executor ray` is not known"),
    ):
        done = project.inv("deploy", *words)

        assert done.returncode == 2, done.stdout + done.stderr
        assert said in done.stdout + done.stderr
        assert "hint:" in done.stdout + done.stderr
    assert served(project) == before
