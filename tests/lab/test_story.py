"""The main job on one real host, from a bare Debian to a rollback, as a user does it."""

import json

import pytest

from deployer.lab.host import LabHost
from deployer.lab.lab import Lab
from deployer.lab.traffic import Traffic
from tests.apps import shop
from tests.lab.project import Project


@pytest.fixture(scope="module")
def project(lab1: Lab, tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("story")
    made = Project(folder, lab1.hosts, shop(folder / "shop"), name="story")
    made.section("app", "web_server")["server_names"] = ["story.lab.test"]
    env = made.section("app", "env")
    env["ALLOWED_HOSTS"] = "story.lab.test"
    env["DATABASE_URL"] = "sqlite:////srv/story/shared/db.sqlite3"
    env["MEDIA_ROOT"] = "/srv/story/shared/media"
    made.write()
    made.must("setup")
    made.must("deploy", "--revision", "v1")
    return made


def live(host: LabHost, app: str = "story") -> str:
    return host.run(f"readlink /srv/{app}/run/live").stdout.strip().rpartition("/")[2]


def test_setup_again_changes_nothing(project: Project) -> None:
    code, events = project.events("setup")

    changed = [one for one in events if one["event"] == "StepFinished" and one["changed"]]
    assert (code, changed) == (0, [])


def test_a_deploy_is_served_through_nginx_by_the_apps_user(project: Project) -> None:
    (host,) = project.hosts

    status, page = project.get()
    health = project.healthz()
    user = host.run(f"stat -c %U /proc/{health['pid']}").stdout.strip()

    assert status == 200
    assert "100% &quot;sûr&quot; $HOME" in page
    assert health["release"] == live(host)
    assert user == "story"


def test_the_same_revision_again_is_already_live(project: Project) -> None:
    before = project.hosts[0].run("find /srv/story /etc/nginx | sort | sha256sum").stdout

    output = project.must("deploy", "--revision", "v1")

    assert "already live" in output
    assert project.hosts[0].run("find /srv/story /etc/nginx | sort | sha256sum").stdout == before


def test_an_upgrade_with_a_migration_loses_no_request(project: Project) -> None:
    (host,) = project.hosts

    with Traffic(host.address, "story.lab.test", rate=40) as users:
        project.must("deploy", "--revision", "v2")
    upgraded = project.healthz()

    assert users.seen.lost == 0, users.seen
    assert users.seen.asked > 50
    assert (upgraded["revision"], upgraded["migrations"]) == ("v2", "ok")


def test_a_backup_of_code_config_and_database_was_read_back(project: Project) -> None:
    (host,) = project.hosts

    folder = host.run("ls -d /opt/backups/story_* | tail -n 1").stdout.strip()
    checked = host.run(f"cd {folder} && sha256sum -c SHA256SUMS")
    names = host.run(f"ls {folder}").stdout.split()

    assert checked.returncode == 0, checked.stdout
    assert {"code.tar.gz", "config.tar.gz", "database.sqlite3", "backup.json"} <= set(names)
    assert host.run("ls -d /opt/backups/*.partial").returncode != 0


def test_a_broken_release_never_gets_traffic(project: Project) -> None:
    (host,) = project.hosts
    before = live(host)

    with Traffic(host.address, "story.lab.test", rate=40) as users:
        done = project.inv("deploy", "--revision", "v3")

    assert done.returncode == 6, done.stdout + done.stderr
    assert users.seen.lost == 0, users.seen
    assert live(host) == before
    assert project.healthz()["revision"] == "v2"


def test_a_rollback_goes_to_the_last_good_release_and_marks_the_bad_one(project: Project) -> None:
    (host,) = project.hosts
    project.must("deploy", "--revision", "v4")
    bad = live(host)

    with Traffic(host.address, "story.lab.test", rate=40) as users:
        output = project.must("rollback")

    record = json.loads(host.run(f"cat /srv/story/releases/{bad}/release.json").stdout)
    assert users.seen.lost == 0, users.seen
    assert project.healthz()["revision"] == "v2"
    assert record["state"] == "rolled-back"
    assert "database: untouched" in output


def test_a_rolled_back_release_is_no_target_again(project: Project) -> None:
    (host,) = project.hosts
    releases = json.loads(
        host.run(
            "cat /srv/story/releases/*/release.json | python3 -c "
            "'import json,sys; d=json.JSONDecoder(); s=sys.stdin.read().strip(); out=[]\n"
            "while s:\n o,i=d.raw_decode(s); out.append(o); s=s[i:].strip()\n"
            "print(json.dumps(out))'"
        ).stdout
    )
    bad = next(one["id"] for one in releases if one["state"] == "rolled-back")

    done = project.inv("rollback", "--to", bad)

    assert done.returncode == 2
    assert "not good" in done.stderr


def test_the_app_comes_back_by_itself_after_a_power_cut(project: Project, lab1: Lab) -> None:
    (host,) = project.hosts
    before = live(host)

    lab1.power_cut(host)
    lab1.boot(host)
    host.run(
        "for i in $(seq 100); do curl -sf -o /dev/null -H 'Host: story.lab.test' "
        "http://127.0.0.1/healthz && exit 0; sleep 0.2; done; exit 1",
        timeout=60,
    )

    assert project.healthz()["release"] == before
