"""The commands beside deploy and rollback, typed on a real host that serves the shop."""

import hashlib
import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from deployer.lab.host import LabHost
from deployer.lab.lab import Lab
from tests.apps import shop
from tests.lab.project import INV, Project

OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBaxkEvnlnW0d82LFn5KDMKZ6NiHNnQI9tMvic9Oc3mg"
STATE = "find /srv /etc /var/lib/deployer /opt/backups -xdev -printf '%p %y %m %u %g %T@ %l\\n'"


@pytest.fixture(scope="module")
def project(spare_lab: Lab, tmp_path_factory) -> Iterator[Project]:
    (host,) = spare_lab.add(1)
    folder = tmp_path_factory.mktemp("commands")
    made = Project(folder / "project", (host,), shop(folder / "shop"))
    made.must("setup")
    made.must("deploy", "--revision", "v1")
    made.must("deploy", "--revision", "v2")
    yield made
    spare_lab.remove(host)


def fingerprint(host: LabHost) -> str:
    """All names, modes, owners, times and contents of what a deploy could change."""
    contents = "find /srv /etc /opt/backups -xdev -type f -exec sha256sum {} +"
    listed = host.run(f"{STATE} | sort; {contents} | sort", timeout=120)
    assert listed.returncode == 0, listed.stderr
    return hashlib.sha256(listed.stdout.encode()).hexdigest()


def rows(project: Project, *words: str) -> tuple[int, list[dict[str, object]]]:
    done = project.inv(*words, "--output", "json")
    document = json.loads(done.stdout)
    assert document["command"] == words[0]
    return done.returncode, document["rows"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("plan", "--revision", "v4"), "deploy 000003-"),
        (("deploy", "--dry-run", "--revision", "v4"), "deploy 000003-"),
        (("--dry", "deploy", "--revision", "v4"), "deploy 000003-"),
        (("--dry", "rollback"), "rollback 000001-"),
        (("--dry", "backup"), "back up code and config"),
        (("--dry", "prune"), "keep 5 good releases"),
        (("--dry", "run", "--command", "touch /srv/shop/shared/x"), ""),
    ],
)
def test_a_dry_run_says_what_it_would_do_and_changes_nothing(project, words, said):
    before = fingerprint(project.hosts[0])

    done = project.inv(*words)

    assert (done.returncode, said in done.stdout) == (3, True), done.stdout + done.stderr
    assert fingerprint(project.hosts[0]) == before


def test_a_plan_of_what_is_live_has_nothing_to_do(project):
    done = project.inv("plan", "--revision", "v2")

    assert done.returncode == 0
    assert "already live" in done.stdout


def test_a_plan_shows_commits_diffs_and_no_secret(project):
    project.section("app", "web_server")["client_max_body_size"] = "33m"
    project.section("app", "env")["TOKEN"] = {"secret": "SHOP_TOKEN"}
    project.environ["SHOP_TOKEN"] = "never-to-be-shown-4711"
    project.write()

    done = project.inv("plan", "--revision", "v3")

    del project.section("app", "web_server")["client_max_body_size"]
    del project.section("app", "env")["TOKEN"]
    project.write()
    assert done.returncode == 3, done.stderr
    assert "+    client_max_body_size 33m;" in done.stdout
    assert "app.env changes (its content is not shown)" in done.stdout
    assert "commits: 1" in done.stdout
    assert "never-to-be-shown-4711" not in done.stdout + done.stderr


def test_status_releases_history_health_and_check_are_well(project):
    code, status = rows(project, "status")
    assert (code, status[0]["state"], status[0]["unit"]) == (0, "good", "active")

    code, releases = rows(project, "releases")
    assert [one["live"] for one in releases] == ["live", ""]

    code, history = rows(project, "history", "--last", "1")
    assert (code, history[0]["command"], history[0]["outcome"]) == (0, "deploy", "committed")

    code, health = rows(project, "health")
    assert (code, [one["healthy"] for one in health]) == (0, [True, True])

    code, checks = rows(project, "check")
    assert (code, {one["result"] for one in checks}) == (0, {"ok"}), checks


def test_a_stopped_unit_is_a_7(project):
    host = project.hosts[0]
    unit = host.run("systemctl list-units --plain --no-legend 'shop@*' | cut -d' ' -f1").stdout
    live = "shop@green.service"
    assert live in unit
    host.run(f"systemctl stop {live}")
    try:
        status, health = project.inv("status"), project.inv("health")
    finally:
        host.run(f"systemctl start {live}")

    assert (status.returncode, health.returncode) == (7, 7), status.stdout + health.stdout


def test_a_broken_neighbour_of_nginx_is_found_by_check(project):
    host = project.hosts[0]
    host.run("printf 'server { nonsense; }' > /etc/nginx/conf.d/other.conf")
    try:
        done = project.inv("check")
    finally:
        host.run("rm /etc/nginx/conf.d/other.conf")

    assert done.returncode == 9
    assert "nonsense" in done.stdout


def test_a_backup_is_made_listed_and_verified(project):
    project.must("backup")

    code, listed = rows(project, "backups")

    assert code == 0
    assert listed[-1]["verified"] is True
    assert "database.sqlite3" in str(listed[-1]["parts"])


def test_prune_leaves_what_serves(project):
    project.must("prune")

    assert project.healthz()["release"]


def test_a_program_runs_as_the_app_in_its_release(project):
    done = project.inv("run", "--command", "python -c 'import os, django; print(os.getuid() > 0)'")
    failed = project.inv("run", "--command", "python -c 'raise SystemExit(3)'")
    where = project.inv("run", "--command", "sh -c 'pwd; id -un; echo $DJANGO_SETTINGS_MODULE'")

    assert (done.returncode, done.stdout) == (0, "True\n"), done.stderr
    assert failed.returncode == 9
    assert "exit code 3" in failed.stderr
    folder, user, settings = where.stdout.splitlines()
    assert folder.startswith("/srv/shop/releases/000002-")
    assert (user, settings) == ("shop", "shop.settings")


def test_logs_are_filtered_here(project):
    done = project.inv("logs", "--lines", "1000", "--grep", "Booting worker with pid: \\d+$")

    assert done.returncode == 0
    assert done.stdout
    assert all("Booting worker" in line for line in done.stdout.splitlines())


def test_following_logs_ends_well_with_ctrl_c(project):
    words = [INV, "logs", "--follow", "--lines", "1", "--output", "json", "--env", "lab"]
    with subprocess.Popen(
        words,
        cwd=project.folder,
        env=project.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as following:
        assert following.stdout is not None
        first = following.stdout.readline()
        following.send_signal(signal.SIGINT)
        rest, _ = following.communicate(timeout=20)

    assert json.loads(first)["event"] == "OutputLine"
    assert following.returncode == 0, rest
    assert _journalctl_is_gone(project.hosts[0])


def _journalctl_is_gone(host: LabHost) -> bool:
    for _ in range(50):
        if host.run("ps -eo args | grep '[j]ournalctl --no-pager'").returncode:
            return True
        time.sleep(0.1)  # noqa: TID251  a real host needs real time
    return False


def test_keys_are_shown_pinned_and_never_replaced_unasked(project, tmp_path):
    folder = tmp_path / "project"
    (folder / "inventories").mkdir(parents=True)
    (folder / "tasks.py").write_text("from deployer.cli.tasks import namespace\n")
    file = folder / "inventories/lab.yaml"
    inventory = json.loads(json.dumps(project.inventory))
    (name,) = inventory["hosts"]
    keys = inventory["hosts"][name].pop("host_keys")
    write(file, inventory)

    def trust(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [INV, "trust", *words],
            cwd=folder,
            env=project.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert trust().returncode == 3
    assert trust("--write").returncode == 2  # nobody to ask
    assert pins(file, name) is None
    assert trust("--write", "--yes").returncode == 0
    assert pins(file, name) == keys
    assert trust().returncode == 0
    inventory["hosts"][name]["host_keys"] = [OTHER_KEY]
    write(file, inventory)
    assert trust().returncode == 4
    assert trust("--write", "--yes").returncode == 4
    assert pins(file, name) != keys
    assert trust("--write", "--yes", "--replace").returncode == 0
    assert pins(file, name) == keys


def write(file: Path, inventory: object) -> None:
    with file.open("w") as opened:
        YAML(typ="safe").dump(inventory, opened)


def pins(file: Path, host: str) -> object:
    return YAML(typ="safe").load(file.read_text())["hosts"][host].get("host_keys")


def test_an_unreachable_host_is_a_4_for_every_reader(project):
    hosts = project.section("hosts")
    (address,) = (one["address"] for one in hosts.values() if isinstance(one, dict))
    hosts["gone1"] = {"address": str(address).rsplit(".", 1)[0] + ".250"}
    project.section("ssh")["connect_timeout"] = "2s"
    project.write()
    try:
        ends = {one: project.inv(one) for one in ("status", "releases", "check", "history")}
    finally:
        del hosts["gone1"], project.section("ssh")["connect_timeout"]
        project.write()

    assert {one: done.returncode for one, done in ends.items()} == dict.fromkeys(ends, 4)
    assert "000002-" in ends["status"].stdout
    assert all("gone1" in done.stdout + done.stderr for done in ends.values())


def test_timings_and_a_page_come_after_the_run_and_say_no_secret(project, tmp_path):
    page = tmp_path / "deploy.html"

    told = project.must("deploy", "--revision", "v4", "--timings", "--report", str(page))
    refused = project.inv("rollback", "--report", str(tmp_path / "none/deploy.html"))

    lines = told.splitlines()
    assert "TIMINGS" in lines[lines.index(next(one for one in lines if "committed:" in one)) + 1]
    assert " of the time: " in lines[-1]
    html = page.read_text()
    assert html.count('class="lane"') == 2  # the phases, and one host
    assert not [one for one in project.app.secrets.values() if one in html]
    assert refused.returncode == 2
    assert "cannot be written" in refused.stderr
