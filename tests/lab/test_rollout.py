"""Four hosts and a release that is bad on some of them: the inventory says who goes back."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from deployer.lab.host import LabHost
from deployer.lab.lab import Lab
from deployer.lab.traffic import Traffic
from tests.apps import commit, shop
from tests.lab.outside import live
from tests.lab.project import Project, until

PROJECT = Path(__file__).parents[2]
ILL = "/srv/shop/shared/media/ill"
FAILS_WHERE_ILL = f"""

_well = healthz


def healthz(request):
    import os

    answer = _well(request)
    if os.path.exists("{ILL}"):
        answer.status_code = 500
    return answer
"""


@pytest.fixture(scope="module")
def hosts() -> Iterator[tuple[LabHost, ...]]:
    with Lab(f"rollout-{os.getpid()}", project=PROJECT) as lab:
        yield lab.up(4)


@pytest.fixture(scope="module")
def project(hosts: tuple[LabHost, ...], tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The shop's v1 is live on hosts that have a database each."""
    folder = tmp_path_factory.mktemp("rollout")
    made = Project(folder, hosts, shop(folder / "shop"))
    made.section("app", "health")["timeout"] = "12s"
    made.section("app", "health")["settle"] = "0s"
    made.write()
    made.must("setup")
    made.must("deploy", "--revision", "v1")
    return made


@pytest.fixture(scope="module")
def touchy(project: Project) -> str:
    """A commit that fails on hosts with a certain file."""
    health = (project.app.repository / "shop/health.py").read_text()
    return commit(project.app, "Fall ill", {"shop/health.py": health + FAILS_WHERE_ILL})


def roll(project: Project, **words: object) -> None:
    """Change how releases go about the hosts."""
    project.section("rollout").clear()
    project.section("rollout").update(words)
    project.write()


def fall_ill(host: LabHost) -> None:
    assert host.run(f"mkdir -p $(dirname {ILL}) && touch {ILL}").returncode == 0


def get_well(*hosts: LabHost) -> None:
    for host in hosts:
        assert host.run(f"rm -f {ILL}").returncode == 0


def served(project: Project) -> list[str]:
    """The release that each host serves; each proves it over HTTP too."""
    found = [live(host, "shop") for host in project.hosts]
    assert [project.healthz(host)["release"] for host in project.hosts] == found
    return found


@contextmanager
def users_of(project: Project) -> Iterator[None]:
    """Users of every host, who must lose nothing."""
    with ExitStack() as stack:
        users = [
            stack.enter_context(Traffic(host.address, project.server_name, rate=12, threads=2))
            for host in project.hosts
        ]
        yield
    seen = [one.seen for one in users]
    assert [one.lost for one in seen] == [0] * len(seen), seen
    assert min(one.asked for one in seen) > 10, seen


def test_a_canary_stays_when_only_its_batch_answers_for_itself_and_the_rest_follows_later(
    project: Project, touchy: str
) -> None:
    (old,) = set(served(project))
    fall_ill(project.hosts[2])
    roll(project, batches=[1, 2], on_failure="batch", settle="1s", pause="1s")

    with users_of(project):
        done = project.inv("deploy", "--revision", touchy)
    now = served(project)
    get_well(project.hosts[2])
    status = project.inv("status")
    project.must("deploy", "--limit", "@failed")

    assert done.returncode == 8, done.stdout + done.stderr
    assert now[0] != old
    assert now[1:] == [old] * 3
    assert f"{now[0]} is live on web1, but not on web2, web3, web4" in done.stdout
    assert "next: inv deploy --env lab --limit @failed" in done.stdout
    assert status.returncode == 8, status.stdout
    assert served(project) == [now[0]] * 4
    project.must("rollback")
    assert served(project) == [old] * 4


def test_hosts_that_may_fail_go_back_alone(project: Project, touchy: str) -> None:
    (old,) = set(served(project))
    fall_ill(project.hosts[1])
    roll(project, batches=[2], max_failed=1)

    with users_of(project):
        done = project.inv("deploy", "--revision", touchy, "--unfreeze")
    now = served(project)
    get_well(project.hosts[1])
    project.must("deploy", "--limit", "@failed")

    assert done.returncode == 8, done.stdout + done.stderr
    new = now[0]
    assert now == [new, old, new, new]
    assert served(project) == [new] * 4
    project.must("rollback")


def test_a_host_that_falls_ill_while_it_is_watched_takes_the_fleet_back(
    project: Project, touchy: str
) -> None:
    (old,) = set(served(project))
    roll(project, batches=[1, "100%"], settle="20s")

    with project.started("deploy", "--revision", touchy, "--unfreeze") as deploy:
        assert until(deploy, "watch", "started")
        fall_ill(project.hosts[0])
        rest, _ = deploy.communicate(timeout=90)
    get_well(project.hosts[0])

    assert deploy.returncode == 6, rest
    assert served(project) == [old] * 4
    assert "answered 500" in rest
    assert "web2 | restart" not in rest


def test_a_worker_that_dies_while_its_host_is_watched_takes_the_fleet_back(
    project: Project, touchy: str
) -> None:
    (old,) = set(served(project))
    roll(project, batches=[1, "100%"], settle="2s")
    worker = {"command": ["sleep", "infinity"], "roles": ["migrate"]}
    project.section("app")["processes"] = {"worker": worker}
    project.write()

    with project.started("deploy", "--revision", touchy, "--unfreeze") as deploy:
        assert until(deploy, "watch", "started")
        project.hosts[0].run("systemctl kill --signal=KILL shop.worker@1.service")
        rest, _ = deploy.communicate(timeout=90)
    project.section("app").pop("processes")
    project.write()

    assert deploy.returncode == 6, rest
    assert served(project) == [old] * 4
    assert "`shop.worker@1.service` of" in rest
    assert "web2 | restart" not in rest


def test_a_controller_that_dies_in_a_pause_leaves_a_fleet_that_puts_itself_back(
    project: Project,
    touchy: str,
) -> None:
    (old,) = set(served(project))
    roll(project, batches=[1], pause="60s", on_failure="host")

    with users_of(project):
        with project.started("deploy", "--revision", touchy, "--unfreeze") as deploy:
            assert until(deploy, "begins in 60 s")
            assert live(project.hosts[0], "shop") != old
            deploy.send_signal(signal.SIGKILL)
            deploy.wait(10)
        ends = time.monotonic() + 60
        while live(project.hosts[0], "shop") != old:
            assert time.monotonic() < ends

    assert served(project) == [old] * 4
    project.must("recover")
    project.must("status")
