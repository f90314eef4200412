"""A chosen part of the fault matrix; `inv dev.faults` runs all of it."""

import os

import pytest

from deployer.lab.lab import Lab
from tests.faults.build import PROJECT
from tests.faults.case import Result
from tests.faults.harness import Harness
from tests.faults.matrix import chosen

HOSTS = 2


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    """What became of the chosen cases; all are run at once, as some hosts share them."""
    with Lab(f"faults-{os.getpid()}", project=PROJECT) as lab:
        harness = Harness(lab, tmp_path_factory.mktemp("faults"), lambda _: None)
        harness.prepare(HOSTS)
        found = harness.run(chosen())
        harness.close()
    return {one.case.name: one for one in found}


@pytest.mark.parametrize("name", [one.name for one in chosen()])
def test_the_host_survives(results: dict[str, Result], name: str) -> None:
    result = results[name]

    assert not result.problems
