"""A request that takes long outlives the release that answers it, whatever is deployed then."""

from collections.abc import Iterator

import pytest

from deployer.lab.lab import Lab
from tests.lab.project import Project
from tests.lab.streams import Long, streams, told


@pytest.fixture
def project(spare_lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = tmp_path_factory.mktemp("slow")
    (host,) = spare_lab.add(1)
    made = Project(folder, (host,), streams(folder / "app"))
    made.section("app", "health")["settle"] = "0s"
    made.write()
    made.must("setup")
    made.must("deploy")
    yield made
    spare_lab.remove(host)


def test_the_deploy_after_the_next_waits_for_a_request_that_is_still_at_work(
    project: Project,
) -> None:
    (host,) = project.hosts
    slow = Long(lambda: told(host.address, "/?seconds=15"))
    first = told(host.address)["release"]

    project.must("deploy", "--revision", "next")
    project.must("deploy", "--revision", "main", "--force")

    assert slow.ended["release"] == first
    assert told(host.address)["release"].startswith("000003")
