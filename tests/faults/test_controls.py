"""Some negative controls: without a mechanism its fault does harm; `inv dev.faults` has all."""

import os

import pytest

from deployer.lab.lab import Lab
from tests.faults.build import PROJECT
from tests.faults.controls import Shown, controls
from tests.faults.harness import Harness

QUICK = ("lock", "undo before do", "read-back of backups")


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Shown]:
    """What the quick controls showed; each has a host of its own."""
    with Lab(f"controls-{os.getpid()}", project=PROJECT) as lab:
        harness = Harness(lab, tmp_path_factory.mktemp("controls"), lambda _: None)
        harness.prepare(0)
        wanted = (one for one in controls() if one.mechanism in QUICK)
        found = harness.show(wanted, lambda _: None)
    return {one.control.mechanism: one for one in found}


@pytest.mark.parametrize("mechanism", QUICK)
def test_the_fault_is_survived_with_the_mechanism(shown: dict[str, Shown], mechanism: str) -> None:
    assert shown[mechanism].with_it == ()


@pytest.mark.parametrize("mechanism", QUICK)
def test_the_fault_does_harm_without_it(shown: dict[str, Shown], mechanism: str) -> None:
    assert shown[mechanism].without_it
