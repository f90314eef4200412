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
