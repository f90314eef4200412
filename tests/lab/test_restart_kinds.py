"""Releases that take turns: with sockets that systemd keeps open, and plainly."""

import json
import subprocess
from collections.abc import Iterator

import pytest

from deployer.lab.host import LabHost
from deployer.lab.lab import Lab
from deployer.lab.machine import wait_until
from deployer.lab.traffic import Seen, Traffic
from tests.faults.tiny import HOST_NAME, revise, tiny
from tests.lab.project import INV, Project

UNITS = "systemctl list-units --plain --no-legend --state=active 'tiny@*' | cut -d' ' -f1 | xargs"


@pytest.fixture(scope="module")
def project(spare_lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = tmp_path_factory.mktemp("kinds")
    (host,) = spare_lab.add(1)
    made = Project(folder, (host,), tiny(folder / "app"))
    made.section("app", "runtime").update(drain="1s", start_timeout="30s")
    made.write()
    made.must("setup")
    made.must("deploy")
    yield made
    spare_lab.remove(host)


def change(project: Project, kind: str, *, broken: str = "", code: int = 0) -> Seen:
    """Deploy a new revision in this way while users ask, and give what they saw."""
    commit = revised(project, kind, broken=broken)
    with Traffic(project.hosts[0].address, HOST_NAME, paths=("/", "/rows"), rate=40) as users:
        done = project.inv("deploy", "--revision", commit)
    assert done.returncode == code, done.stdout + done.stderr
    return users.seen


def revised(project: Project, kind: str, *, broken: str = "") -> str:
    """Commit another revision, and have the inventory name the kind."""
    project.section("app", "runtime")["restart"] = kind
    project.write()
    number = project.environ["NUMBER"] = str(int(project.environ.get("NUMBER", "0")) + 1)
    return revise(project.app, f"k{number}", broken=broken)


def revision(project: Project) -> str:
    status, body = project.get()
    assert status == 200, body
    return str(json.loads(body)["revision"])


def is_served(project: Project) -> bool:
    try:
        return project.get()[0] == 200
    except OSError:  # the web server is not up yet
        return False


def running(host: LabHost) -> set[str]:
    return set(host.run(UNITS).stdout.split())


def test_users_wait_in_a_socket_that_stays_open_and_none_is_lost(project: Project) -> None:
    (host,) = project.hosts
    both = {"tiny@blue.socket", "tiny@green.socket"}

    seen = [change(project, "socket") for _ in range(3)]
    with Traffic(host.address, HOST_NAME, rate=40) as users:
        project.must("rollback")

    assert [one.lost for one in (*seen, users.seen)] == [0] * 4, (seen, users.seen)
    assert revision(project) == "k2"
    assert running(host) == {"tiny@blue.service", *both}


def test_a_release_that_never_gets_ready_is_left_and_who_waits_is_answered(
    project: Project,
) -> None:
    project.section("app", "runtime")["start_timeout"] = "4s"

    seen = change(project, "socket", broken="hang", code=6)

    assert seen.lost == 0, seen
    assert revision(project) == "k2"


def test_the_kind_can_change_with_each_deploy(project: Project) -> None:
    (host,) = project.hosts

    to_beside = change(project, "blue-green")
    units = host.run("ls /etc/systemd/system").stdout
    assert wait_until(lambda: len(running(host)) == 1, seconds=15)  # not warm for ever
    back, to_plain = change(project, "socket"), change(project, "plain")
    revised(project, "plain")
    planned = project.inv("plan").stdout

    assert (to_beside.lost, back.lost) == (0, 0), (to_beside, back)
    assert to_plain.lost > 0, to_plain  # as `plain` does
    assert "tiny@.socket" not in units
    assert "users get errors from the stop of the old release" in planned
    assert change(project, "socket").lost == 0


def test_a_way_back_to_one_that_is_warm_opens_its_sockets_again(project: Project) -> None:
    (host,) = project.hosts
    project.section("app", "runtime")["keep_warm"] = "60s"
    lost = [change(project, kind).lost for kind in ("socket", "blue-green")]

    with Traffic(host.address, HOST_NAME, rate=40) as users:
        project.must("rollback")

    assert len(running(host)) == 3
    assert [*lost, users.seen.lost, change(project, "socket").lost] == [0] * 4


@pytest.mark.parametrize("kind", ["plain", "blue-green"])
def test_a_change_of_the_kind_that_fails_leaves_sockets_that_can_be_reached(
    project: Project, kind: str
) -> None:
    assert change(project, "socket").lost == 0
    before = revision(project)

    change(project, kind, broken="health", code=6)

    assert revision(project) == before
    assert change(project, "socket").lost == 0


def test_the_sockets_come_back_with_the_host(project: Project, spare_lab: Lab) -> None:
    (host,) = project.hosts
    before = running(host)

    spare_lab.power_cut(host)
    spare_lab.boot(host)
    assert wait_until(lambda: is_served(project), seconds=30)

    assert running(host) == before
    assert change(project, "socket").lost == 0


@pytest.mark.parametrize(
    ("kind", "fault"),
    [("plain", "agent"), ("socket", "controller"), ("socket", "power")],
)
def test_the_old_release_comes_back_after_a_fault_while_none_runs(
    project: Project, spare_lab: Lab, kind: str, fault: str
) -> None:
    (host,) = project.hosts
    change(project, kind)
    before = revision(project)
    project.section("app", "runtime")["start_timeout"] = "60s"
    commit = revised(project, kind, broken="hang")
    words = [INV, "deploy", "--revision", commit, "--env", "lab"]
    controller = subprocess.Popen(
        words, cwd=project.folder, env=project.environ, stdout=subprocess.DEVNULL
    )
    assert wait_until(lambda: "activating" in states(host), seconds=60)

    match fault:
        case "controller":
            controller.kill()
        case "agent":
            host.run("systemctl kill --signal=KILL --kill-who=all 'deployer-tiny-2*'")
        case _:
            spare_lab.power_cut(host)
            spare_lab.boot(host)

    assert wait_until(lambda: is_served(project), seconds=60)
    controller.kill()
    controller.wait(30)
    assert revision(project) == before
    assert "activating" not in states(host)


def states(host: LabHost) -> str:
    return host.run("systemctl show -P ActiveState tiny@blue tiny@green").stdout
