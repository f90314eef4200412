"""What breaks at three in the morning: crashes in a row, lost files, full disks, careless hands."""

from pathlib import Path

import pytest

from deployer.lab.lab import Lab
from tests.apps import shop
from tests.lab.project import Project

APP = "hunted"
NAME = "hunted.lab.test"


def hunted(lab: Lab, folder: Path) -> Project:
    """The shop at v1 on one host, with quick health checks."""
    made = Project(folder, lab.hosts, shop(folder / "shop"), name=APP)
    made.section("app", "web_server")["server_names"] = [NAME]
    env = made.section("app", "env")
    env["ALLOWED_HOSTS"] = NAME
    env["DATABASE_URL"] = f"sqlite:////srv/{APP}/shared/db.sqlite3"
    env["MEDIA_ROOT"] = f"/srv/{APP}/shared/media"
    made.section("app", "health").update(settle="1s", timeout="8s")
    made.write()
    made.must("setup")
    made.must("deploy", "--revision", "v1")
    return made


@pytest.fixture(scope="module")
def project(lab1: Lab, tmp_path_factory: pytest.TempPathFactory) -> Project:
    return hunted(lab1, tmp_path_factory.mktemp("hunted"))


def test_a_host_is_recovered_however_often_its_deploys_have_crashed(project: Project) -> None:
    (host,) = project.hosts

    codes = [
        host.run(f"systemctl start deployer-recover@{APP}.service").returncode for _ in range(8)
    ]

    assert codes == [0] * 8


def test_a_lost_link_of_the_live_socket_is_healed_also_by_a_deploy_that_fails(
    project: Project,
) -> None:
    (host,) = project.hosts
    host.run(f"rm /srv/{APP}/run/live.sock")

    done = project.inv("deploy", "--revision", "broken/health")

    assert done.returncode == 6, done.stdout + done.stderr
    assert project.healthz()["revision"] == "v1"


def test_lost_counters_and_a_damaged_journal_give_no_number_out_twice(project: Project) -> None:
    (host,) = project.hosts
    state = f"/var/lib/deployer/{APP}"
    host.run(f"rm {state}/counter {state}/fence; head -c 4096 /dev/urandom >> {state}/journal")

    project.must("deploy", "--revision", "v1", "--force")

    ids = host.run(f"ls /srv/{APP}/releases").stdout.split()
    numbers = [one.partition("-")[0] for one in ids]
    assert len(set(numbers)) == len(numbers), ids
    assert str(project.healthz()["release"]) == ids[-1]
