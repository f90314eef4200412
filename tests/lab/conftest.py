"""Real hosts for the tests of this folder; booted when first asked for, gone at the end."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deployer.lab.host import LabHost
from deployer.lab.lab import Lab

HERE = Path(__file__).parent
PROJECT = HERE.parent.parent

FreshHosts = Callable[..., tuple[LabHost, ...]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.lab)


def _lab_of_this_run(name: str) -> Lab:
    return Lab(f"{name}-{os.getpid()}", project=PROJECT)


@pytest.fixture(scope="session")
def lab1() -> Iterator[Lab]:
    """A lab with one host, shared by all tests of the run."""
    with _lab_of_this_run("one") as lab:
        lab.up(1)
        yield lab


@pytest.fixture(scope="session")
def lab3() -> Iterator[Lab]:
    """A lab with three hosts, shared by all tests of the run."""
    with _lab_of_this_run("three") as lab:
        lab.up(3)
        yield lab


@pytest.fixture(scope="session")
def spare_lab() -> Iterator[Lab]:
    """A lab whose hosts belong to one test each; ask for them with `fresh_host`."""
    with _lab_of_this_run("spare") as lab:
        lab.up(0)
        yield lab


@pytest.fixture
def fresh_host(spare_lab: Lab) -> Iterator[LabHost]:
    """A pristine host, thrown away after the test."""
    (host,) = spare_lab.add(1)
    yield host
    spare_lab.remove(host)


@pytest.fixture
def fresh_hosts(spare_lab: Lab) -> Iterator[FreshHosts]:
    """A function that boots pristine hosts, thrown away after the test."""
    booted: list[LabHost] = []

    def boot(count: int, *, postgres: bool = False, mariadb: bool = False) -> tuple[LabHost, ...]:
        hosts = spare_lab.add(count, postgres=postgres, mariadb=mariadb)
        booted.extend(hosts)
        return hosts

    yield boot
    for host in booted:
        spare_lab.remove(host)
