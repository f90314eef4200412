"""The power goes in a restore of a server's database: the old rows are there, or the new ones."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping

import pytest

from deployer.lab.lab import Lab
from tests.lab.project import INV
from tests.lab.test_restore import COUNTED, HERE, Shop, counts_of, made

DISK = 1500
KINDS = ("postgres", "mariadb")


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(f"power-{os.getpid()}", project=HERE) as booted:
        booted.up(1, postgres=True, mariadb=True, disk=DISK)
        yield booted


@pytest.fixture(scope="module")
def sites(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Shop]:
    return {kind: made(lab, tmp_path_factory.mktemp(kind), f"re{kind}", kind) for kind in KINDS}


@pytest.mark.parametrize("step", ["swap", "check_health"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_power_loss_in_a_restore_leaves_the_old_or_the_new_rows(
    lab: Lab, sites: Mapping[str, Shop], kind: str, step: str
) -> None:
    site = sites[kind]
    record = site.backup()
    recorded = {name.rpartition(".")[2]: n for name, n in counts_of(record).items()}
    site.order()
    latest = site.rows()

    lose_power_at(lab, site, record, step)

    history = json.loads(site.project.must("history", "--output", "json"))["rows"]
    new = {table: recorded[table] for table in COUNTED}
    assert site.rows() == (new if history[-1]["outcome"] == "committed" else latest), history[-1]
    assert site.project.healthz()["status"] == "ok"
    assert site.order() == 200
    assert not [one for one in site.copies() if "_restore_" in one]
    assert not json.loads(site.project.must("status", "--output", "json"))["rows"][0]["open_run"]


def lose_power_at(lab: Lab, site: Shop, record: Mapping[str, object], step: str) -> None:
    """Restore, and cut the power when a step has begun; then boot, and wait for the recovery."""
    words = [INV, "restore", "--env", "lab", "--backup", str(record["name"]), "--database"]
    words += ["--yes-i-lose-writes-since", str(record["created"])[:16], "--output", "json"]
    lost = False
    with subprocess.Popen(
        words, cwd=site.project.folder, env=site.project.environ, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        for line in running.stdout:
            event = json.loads(line)
            if event["event"] == "StepStarted" and event["step"] == step:
                lab.lose_power(site.host)
                lab.boot(site.host)
                lost = True
        running.wait(120)
    unit = f"deployer-recover@{site.name}.service"
    site.shell(f"while systemctl is-active {unit} | grep -q activating; do sleep 0.1; done")
    assert lost
