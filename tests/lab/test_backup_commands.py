"""`inv backup` and `inv backups` on a deployed app, and copies on a second machine."""

import json
from collections.abc import Iterator
from copy import deepcopy

import pytest

from deployer.lab.host import LabHost
from deployer.lab.lab import Lab
from tests.apps import shop
from tests.lab.project import Project

NAME = "keeper.lab.test"
PLACE = "/opt/backups"
FLIP = (
    "import sys; p = sys.argv[1]; b = bytearray(open(p, 'rb').read()); "
    "b[len(b) // 2] ^= 4; open(p, 'wb').write(b)"
)
AGE = """
import sys, time
from pathlib import Path
sys.path.insert(0, str(Path('/usr/lib/deployer/agent').resolve().parent))
from deployer.agent.backups.backup_record import opened, sealed
for one in Path('/opt/backups').glob('keeper_*'):
    old = {**opened(one), 'created': time.time() - 30 * 3600}
    (one / 'backup.json').write_bytes(sealed(old))
"""


@pytest.fixture(scope="module")
def hosts(spare_lab: Lab) -> Iterator[tuple[LabHost, ...]]:
    """A host for the app, and a vault for its backups."""
    booted = spare_lab.add(2)
    yield booted
    for one in booted:
        spare_lab.remove(one)


@pytest.fixture(scope="module")
def deployed(hosts: tuple[LabHost, ...], tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("keeper")
    made = Project(folder, hosts[:1], shop(folder / "shop"), name="keeper")
    made.section("app", "web_server")["server_names"] = [NAME]
    env = made.section("app", "env")
    env["ALLOWED_HOSTS"] = NAME
    env["DATABASE_URL"] = "sqlite:////srv/keeper/shared/db.sqlite3"
    env["MEDIA_ROOT"] = "/srv/keeper/shared/media"
    made.section("app", "health").update(settle="0.2s", interval="0.2s")
    made.section("backup")["shared"] = ["media"]
    made.write()
    made.must("setup")
    made.must("deploy", "--revision", "v1")
    hosts[0].run("ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519")
    key = hosts[0].run("cat /root/.ssh/id_ed25519.pub").stdout
    hosts[1].run("cat >> /root/.ssh/authorized_keys; mkdir -p /srv/vault", input=key)
    return made


@pytest.fixture
def project(deployed: Project) -> Iterator[Project]:
    """The deployed project with no backups; afterwards its inventory is as it was."""
    inventory = deepcopy(deployed.inventory)
    deployed.hosts[0].run(f"rm -rf {PLACE}/*")
    yield deployed
    deployed.inventory = inventory
    deployed.write()


def listed(project: Project, *words: str) -> tuple[int, list[dict[str, object]]]:
    done = project.inv("backups", *words, "--output", "json")
    return done.returncode, json.loads(done.stdout)["rows"]


def test_backups_are_listed_proven_and_a_damaged_one_is_named(project: Project) -> None:
    host = project.hosts[0]
    host.run("runuser -u keeper -- sh -c 'echo picture > /srv/keeper/shared/media/a.jpg'")
    for _ in range(2):
        project.must("backup", "--verify")
    code, rows = listed(project, "--verify", "--max-age", "26h")
    first = str(rows[0]["name"])
    host.run(f'python3 -c "{FLIP}" {PLACE}/{first}/database.sqlite3')

    glance = project.inv("backups")
    proven = project.inv("backups", "--verify")
    other = project.inv("backups", "--verify", "--backup", str(rows[1]["name"]))
    nothing = project.inv("backups", "--backup", "keeper_20200101_000000-1")

    assert code == 0
    assert [(row["verified"], row["database"]) for row in rows] == [(True, "sqlite")] * 2
    assert rows[0]["parts"] == [
        *("SHA256SUMS", "backup.json", "code.tar.gz", "config.tar.gz"),
        *("database.sqlite3", "shared.tar.gz"),
    ]
    assert rows[0]["release"] == "000001-" + project.app.commits["v1"][:7]
    assert rows[0]["revision"] == project.app.commits["v1"]
    assert glance.returncode == 0
    assert proven.returncode == 3
    assert f"{first}: `database.sqlite3` has another sha256" in proven.stderr
    assert other.returncode == 0
    assert nothing.returncode == 2


def test_an_alarm_rings_when_no_verified_backup_is_young_enough(project: Project) -> None:
    none, _ = listed(project, "--max-age", "26h")
    project.must("backup")
    young, _ = listed(project, "--max-age", "26h")
    aged = project.hosts[0].run("python3 -I -", input=AGE)
    old = project.inv("backups", "--max-age", "26h")
    odd = project.inv("backups", "--max-age", "26 hours")

    assert aged.returncode == 0, aged.stderr
    assert (none, young, old.returncode) == (3, 0, 3)
    assert "the newest is 30 h old" in old.stderr
    assert odd.returncode == 2


def test_a_copy_is_made_on_another_machine_and_compared_there(
    project: Project, hosts: tuple[LabHost, ...]
) -> None:
    host, vault = hosts
    way = {
        "kind": "rsync",
        "target": f"root@{vault.address}:/srv/vault",
        "host_keys": list(vault.host_keys),
    }
    project.section("backup")["copy"] = way
    project.write()

    project.must("backup")
    code, (row,) = listed(project, "--verify")
    sums = vault.run(f"cd /srv/vault/{row['name']} && sha256sum --quiet -c SHA256SUMS && ls -a")
    project.section("backup")["copy"] = {**way, "host_keys": list(host.host_keys)}
    project.write()
    refused = project.inv("backup")
    warned = project.inv("deploy", "--revision", "v1", "--force")
    project.section("backup")["copy"] = way
    project.write()
    project.must("backup")
    _, after = listed(project)

    assert code == 0
    assert row["copied"] == way["target"]
    assert sums.returncode == 0, sums.stderr
    assert "backup.json" in sums.stdout
    assert refused.returncode == 9
    assert "is on this host, but could not be copied away" in refused.stdout + refused.stderr
    assert warned.returncode == 0, warned.stdout + warned.stderr
    assert "could not be copied away" in warned.stdout + warned.stderr
    assert [one["copied"] for one in after] == [way["target"]] * 4


def test_a_program_that_the_app_could_have_put_there_is_never_run_as_root(
    project: Project, hosts: tuple[LabHost, ...]
) -> None:
    host = hosts[0]
    script = '#!/bin/sh\ncp -r "$1" /var/tmp/carried-$2 && id -un > /var/tmp/carried-by\n'
    for path in ("/usr/local/sbin/carry", "/srv/keeper/shared/media/carry"):
        host.run(f"cat > {path}; chmod 755 {path}", input=script)
    host.run("chown keeper: /srv/keeper/shared/media/carry")
    copy = project.section("backup", "copy")
    copy.update(kind="command", words=["/srv/keeper/shared/media/carry", "{backup}", "{name}"])
    project.write()

    refused = project.inv("backup")
    untouched = host.run("ls /var/tmp/carried-by").returncode
    copy["words"] = ["/usr/local/sbin/carry", "{backup}", "{name}"]
    project.write()
    project.must("backup")
    _, rows = listed(project)

    assert refused.returncode == 9
    assert "is not run as root" in refused.stdout + refused.stderr
    assert untouched != 0
    assert [row["copied"] for row in rows] == ["/usr/local/sbin/carry"] * 2
    assert host.run(f"ls /var/tmp/carried-{rows[0]['name']}/backup.json").returncode == 0
