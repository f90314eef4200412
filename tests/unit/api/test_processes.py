import pytest

from deployer.api.processes import in_short, runs_any, why_not_as_wanted, with_processes, wrong_with
from deployer.core.host_state import AppState
from deployer.core.process_state import ProcessState
from tests.shop_values import OLD, inventory, target

APP = {
    "processes": {"worker": {"command": ["celery"], "replicas": 2}},
    "timers": {"nightly": {"command": ["clean"], "schedule": "daily"}},
}
ONE = ProcessState("shop.worker@1.service", "active", release=OLD)
TWO = ProcessState("shop.worker@2.service", "active", restarts=3, release=OLD)
NIGHTLY = ProcessState("shop.nightly.timer", "active", next="Fri 03:30", last="exit-code")
ALL = (ONE, TWO, NIGHTLY)


def test_a_release_remembers_what_runs_on_its_host():
    (remembered,) = with_processes(target(APP)).files

    assert remembered.path == "processes/units"
    assert remembered.content.decode().split() == [one.unit for one in ALL]
    assert with_processes(target()) == target()


def test_they_are_told_in_short():
    assert in_short(ALL) == ("worker 2/2 (3 restarts), nightly next Fri 03:30, last run: exit-code")
    assert in_short((ProcessState("shop.nightly.timer", "inactive"),)) == "nightly inactive"
    assert in_short((ProcessState("shop.nightly.timer", "active"),)) == "nightly at work"


@pytest.mark.parametrize(
    ("states", "problem"),
    [
        (ALL, ""),
        ((ONE, ProcessState("shop.worker@2.service", "failed")), "worker@2.service` is failed"),
        ((ProcessState("shop.worker@1.service", "active", release="x"),), "x, which is not live"),
    ],
)
def test_what_does_not_run_or_runs_another_release_is_wrong(states, problem):
    assert problem in wrong_with(states, OLD)
    assert bool(wrong_with(states, OLD)) == bool(problem)


@pytest.mark.parametrize(
    ("states", "why"),
    [
        (ALL, ""),
        ((ONE, NIGHTLY), "`shop.worker@2.service` is not there"),
        ((ONE, ProcessState(TWO.unit, "failed"), NIGHTLY), "`shop.worker@2.service` is failed"),
        ((*ALL, ProcessState("shop.old@1.service", "active")), "`shop.old@1.service` is not in"),
    ],
)
def test_a_live_release_is_deployed_again_if_what_runs_beside_it_is_not_as_wanted(states, why):
    state = AppState(set_up=True, live=OLD, processes=states)

    found = why_not_as_wanted(inventory(APP), "web1", state)

    assert found.startswith(why)
    assert bool(found) == bool(why)


def test_one_host_with_a_process_is_enough():
    assert runs_any({"a": AppState(set_up=True), "b": AppState(set_up=True, processes=ALL)})
    assert not runs_any({"a": AppState(set_up=True)})
