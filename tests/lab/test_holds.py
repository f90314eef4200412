"""Who may change a host: one run at a time, nobody while it is held, no frozen revision."""

import re
from collections.abc import Iterator

import pytest

from deployer.lab.lab import Lab
from tests.faults.tiny import NAME
from tests.lab.patient import Patient, told

AT_ONCE = 10


@pytest.fixture(scope="module")
def deployed(lab1: Lab, tmp_path_factory: pytest.TempPathFactory) -> Patient:
    made = Patient(tmp_path_factory.mktemp("holds"), lab1.hosts[0])
    made.must("setup")
    made.revise()
    made.must("deploy", "--unfreeze")
    return made


@pytest.fixture
def project(deployed: Patient) -> Iterator[Patient]:
    yield deployed
    deployed.open_gate()


def test_of_ten_at_once_exactly_one_wins(project):
    project.close_gate()
    project.revise()
    runs = len(project.ends())

    started = [project.started("deploy", "--force") for _ in range(AT_ONCE)]
    project.until(lambda: sum(one.poll() is not None for one in started) == AT_ONCE - 1, 240)
    project.open_gate()
    ends = [told(one, 240) for one in started]

    assert sorted(code for code, _ in ends) == [0, *[5] * (AT_ONCE - 1)], ends
    assert project.ends()[runs:] == ["committed"]


def test_a_child_that_outlives_its_agent_does_not_keep_the_lock(project):
    started = project.waiting_deploy()
    project.host.run(f"systemctl kill --kill-whom=main --signal=KILL 'deployer-{NAME}-*'")
    told(started)

    project.open_gate()
    project.revise()
    assert project.inv("deploy").returncode == 0


def test_who_comes_second_is_told_who_is_at_work_and_can_wait_for_it(project):
    first = project.waiting_deploy()

    refused = project.inv("backup")
    said = refused.stdout + refused.stderr
    assert refused.returncode == 5, said
    assert re.search(r"deploy `[0-9a-f-]+` of .+ is at work here for \d+ s", said), said
    assert "in step `collect_static`" in said
    assert "--wait" in said

    second = project.started("backup", "--wait", "2m", "--output", "plain")
    assert second.stdout is not None
    line = next(line for line in second.stdout if "waiting for" in line)
    assert "waiting for deploy" in line
    assert "collect_static" in line
    project.open_gate()
    code, output = told(first)
    assert code == 0, output
    code, output = told(second)
    assert code == 0, output


def test_a_hold_stops_deploys_and_setups_and_names_its_holder(project):
    project.revise()
    done = project.inv("hold", "--reason", "moving the database", "--until", "2h")
    assert done.returncode == 0, done.stderr
    (number,) = set(re.findall(r"h-[0-9a-f]+", done.stdout))

    for command in ("deploy", "setup"):
        refused = project.inv(command)
        said = refused.stdout + refused.stderr
        assert refused.returncode == 5, said
        assert "moving the database" in said
        assert number in said
    assert project.inv("hold", "--reason", "me too").returncode == 5
    assert "moving the database" in project.inv("status").stdout
    assert project.inv("backup").returncode == 0

    wrong = project.inv("unhold", "--id", "h-000000")
    assert wrong.returncode == 5
    assert "moving the database" in wrong.stdout + wrong.stderr
    assert project.inv("unhold", "--id", number).returncode == 0
    assert project.inv("deploy").returncode == 0


def test_a_revision_that_was_rolled_back_is_frozen_until_it_is_mended(project):
    live = project.live()
    project.close_gate()
    project.section("app", "framework")["collect_static"] = ["false"]
    project.write()
    project.revise()
    assert project.inv("deploy").returncode == 6
    waits = "sh", "-c", f"! test -e /srv/{NAME}/shared/wait || sleep 1"
    project.section("app", "framework")["collect_static"] = list(waits)
    project.write()

    refused = project.inv("deploy")
    said = refused.stdout + refused.stderr
    assert refused.returncode == 5, said
    assert "collect_static failed" in said
    assert "--unfreeze" in said
    assert "frozen" in project.inv("status").stdout
    assert "would be refused" in project.inv("plan").stderr
    assert project.live() == live
    assert project.inv("deploy", "--unfreeze").returncode == 0
    assert "frozen" not in project.inv("status").stdout

    project.must("rollback")
    assert project.inv("deploy").returncode == 5
    project.revise()
    assert project.inv("deploy").returncode == 0
