"""A host with a damaged release, a recovery in vain, a full disk: it goes on, or says so loudly."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from deployer.lab.host import LabHost
from deployer.lab.lab import Lab
from deployer.lab.machine import wait_until
from tests.apps import shop
from tests.lab.outside import live, releases
from tests.lab.project import Project

APP = "recover"
NAME = "recover.lab.test"
ENABLED = f"$(cd /etc/systemd/system/multi-user.target.wants && ls | grep '^{APP}@')"
CRASHED = """
import sys, glob
from pathlib import Path
sys.path.insert(0, sorted(glob.glob("/usr/lib/deployer/agent-*/"))[-1])
from deployer.agent.runs.journal import Journal, Writer
from deployer.agent.runs import counters
state = Path("/var/lib/deployer/recover")
fence = counters.number(state, "fence") + 1
counters.raise_to(state, "fence", fence)
journal = Journal(state / "journal")
by = Writer("20260101-000000-dead", fence)
undo = [{"action": "Run", "command": ["/bin/false"]}]
journal.write(by, "begin", command="deploy", actor="ann", settle=[])
journal.write(by, "step", step="activate", phase="VERIFY", state="start", undo=undo)
"""


@pytest.fixture(scope="module")
def project(lab1: Lab, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """v1 and v2 are good, v2 serves; `/srv/recover` and the state are on small disks."""
    folder = tmp_path_factory.mktemp("recovery")
    made = Project(folder, lab1.hosts, shop(folder / "shop"), name=APP)
    made.section("app", "web_server")["server_names"] = [NAME]
    env = made.section("app", "env")
    env["ALLOWED_HOSTS"] = NAME
    env["DATABASE_URL"] = f"sqlite:////srv/{APP}/shared/db.sqlite3"
    env["MEDIA_ROOT"] = f"/srv/{APP}/shared/media"
    made.section("app", "health").update(settle="0s", timeout="20s", interval="1s")
    made.section("app")["runtime"] = {"kind": "systemd", "drain": "1s", "keep_warm": "2s"}
    made.write()
    made.must("setup")
    made.must("deploy", "--revision", "v1")
    made.must("deploy", "--revision", "v2")
    return made


@pytest.fixture
def host(project: Project) -> LabHost:
    (host,) = project.hosts
    return host


@contextmanager
def damaged(host: LabHost, release: str) -> Iterator[str]:
    """A file of a release without its content, and with it again afterwards."""
    file = f"/srv/{APP}/releases/{release}/manage.py"
    assert host.run(f"cp -a {file} /root/kept && truncate -s 0 {file}").returncode == 0
    try:
        yield file
    finally:
        host.run(f"cp -a /root/kept {file}")


def serves(project: Project, revision: str) -> bool:
    try:
        return project.healthz()["revision"] == revision
    except (OSError, AssertionError, ValueError):
        return False


def good(host: LabHost) -> list[str]:
    return [one for one, state in releases(host, APP).items() if state == "good"]


def test_a_damaged_target_is_refused_and_nothing_is_left(project: Project, host: LabHost) -> None:
    target, serving = good(host)

    with damaged(host, target) as file:
        done = project.inv("rollback")

    said = done.stdout + done.stderr
    assert done.returncode == 9, said
    assert f"`{file}` has 0 bytes instead of" in said
    assert "no other good release is whole" in said
    assert live(host, APP) == serving
    assert serves(project, "v2")


def test_after_three_recoveries_in_vain_a_person_must_look(project: Project, host: LabHost) -> None:
    assert host.run("python3 -", input=CRASHED).returncode == 0
    host.run(f"systemctl start deployer-recover@{APP}", timeout=60)

    told = project.inv("status")
    refused = project.inv("deploy", "--revision", "v3")

    assert told.returncode == 7, told.stdout + told.stderr
    assert "ROLLBACK FAILED" in told.stdout
    assert "20260101-000000-dead" in told.stdout
    assert "1. `inv health" in told.stdout
    assert refused.returncode == 7, refused.stdout + refused.stderr
    assert "could not be put back" in refused.stdout + refused.stderr
    assert serves(project, "v2")
    project.must("rollback")
    assert project.inv("status").returncode == 0
    assert serves(project, "v1")
    project.must("deploy", "--revision", "v2", "--force", "--unfreeze")


def fill(host: LabHost, what: str) -> None:
    lines = {
        "bytes": "dd if=/dev/zero of={0}/filling bs=64k; dd if=/dev/zero of={0}/rest bs=1",
        "inodes": "mkdir {0}/filling; cd {0}/filling; i=0; while : >$i; do i=$((i+1)); done",
    }
    for place in (f"/srv/{APP}", f"/var/lib/deployer/{APP}"):
        host.run(f"({lines[what].format(place)}) 2>/dev/null", timeout=120)


@contextmanager
def small_disks(host: LabHost) -> Iterator[None]:
    """The app's folders on file systems that are nearly full, with their ballast in place."""
    places = {f"/srv/{APP}": ("600m", 60_000), f"/var/lib/deployer/{APP}": ("80m", 4_000)}
    # A recovery that systemd tries again just now would find half of a copy, and call it damaged.
    units = f"systemctl stop deployer-recover@{APP} '{APP}@*'"
    for place, (size, inodes) in places.items():
        line = (
            f"mode=$(stat -c %a {place}); cp -a {place} /root/aside && mount -t tmpfs "
            f"-o size={size},nr_inodes={inodes},mode=$mode tmpfs {place} "
            f"&& cp -a /root/aside/. {place}/ && rm -rf /root/aside"
        )
        assert host.run(f"{units}; {line}", timeout=120).returncode == 0
    host.run(f"systemctl start {ENABLED}")
    try:
        yield
    finally:
        for place in places:
            host.run(f"umount -l {place}")
        host.run(f"systemctl restart {ENABLED}")


@pytest.mark.parametrize("what", ["bytes", "inodes"])
def test_with_a_full_disk_it_still_goes_back(project: Project, host: LabHost, what: str) -> None:
    with small_disks(host):
        project.must("deploy", "--revision", "v1", "--force", "--unfreeze")
        fill(host, what)

        deployed = project.inv("deploy", "--revision", "v3")
        back = project.inv("rollback")

        assert deployed.returncode == 9, deployed.stdout + deployed.stderr
        assert "free, a deploy needs" in deployed.stdout + deployed.stderr
        assert back.returncode == 0, back.stdout + back.stderr
        assert serves(project, "v2")


def test_a_host_that_boots_with_a_damaged_release_serves_the_one_before(
    project: Project, host: LabHost, lab1: Lab
) -> None:
    whole, hurt = good(host)[-2:]
    host.run(f"truncate -s 0 /srv/{APP}/releases/{hurt}/manage.py")
    told = project.inv("status")
    assert told.returncode == 7, told.stdout
    assert "DAMAGED" in told.stdout

    lab1.reboot(host)

    assert wait_until(lambda: live(host, APP) == whole and serves(project, "v1"), seconds=60)
    assert wait_until(lambda: project.inv("status").returncode == 0, seconds=30)
    assert "left a damaged release by itself" in project.must("status")
    runs = json.loads(project.must("history", "--output", "json"))["rows"]
    assert [(one["command"], one["release"], one["outcome"]) for one in runs[-1:]] == [
        ("fallback", whole, "committed")
    ]
    assert f"fallback {whole} committed" in host.run("cat /var/log/deploy.log").stdout
    assert releases(host, APP)[hurt] == "failed"
