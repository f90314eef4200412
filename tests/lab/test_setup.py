"""From a bare host to one that takes deploys: twice the same, with few rights, for several apps."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployer.lab.host import LabHost
from deployer.lab.lab import Lab
from tests.apps import App, flaskr
from tests.lab.outside import live
from tests.lab.project import Project

QUICK = {"path": "/hello", "interval": "1s", "timeout": "20s", "settle": "0s"}
AGENT = "/usr/lib/deployer/agent"
STEPS = ("packages", "users", "folders", "access", "files", "web_server")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> App:
    return flaskr(tmp_path_factory.mktemp("app"))


@pytest.fixture(scope="module")
def bare(spare_lab: Lab) -> Iterator[LabHost]:
    """A host on which nothing was done yet; the tests below do more and more to it."""
    (host,) = spare_lab.add(1)
    yield host
    spare_lab.remove(host)


def project_of(folder: Path, host: LabHost, app: App, name: str, **ssh: str) -> Project:
    made = Project(folder, (host,), app, name=name, health=QUICK)
    made.section("app", "web_server")["server_names"] = [f"{name}.lab.test"]
    env = made.section("app", "env")
    env["DATABASE"] = f"/srv/{name}/shared/flaskr.sqlite"
    env["ALLOWED_HOSTS"] = f"{name}.lab.test"
    made.section("app")["database"] = {"kind": "none"}
    made.section("ssh").update(ssh)
    made.write()
    return made


@pytest.fixture(scope="module")
def first(bare: LabHost, app: App, tmp_path_factory: pytest.TempPathFactory) -> Project:
    return project_of(tmp_path_factory.mktemp("first"), bare, app, "first")


@pytest.fixture(scope="module")
def second(bare: LabHost, app: App, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Another app of other people on the same host."""
    folder = tmp_path_factory.mktemp("second")
    return project_of(folder, bare, app, "second", user="others")


def steps(project: Project) -> dict[str, object]:
    """Set up; gives which steps changed anything."""
    code, events = project.events("setup")
    assert code == 0, events
    return {str(one["step"]): one["changed"] for one in events if one["event"] == "StepFinished"}


def over_ssh(host: LabHost, user: str, line: str) -> subprocess.CompletedProcess[str]:
    """Do something on a host as one of its users."""
    words = ["ssh", "-F", str(host.key.with_name("ssh_config")), "-o", "BatchMode=yes"]
    return subprocess.run(
        [*words, "-l", user, host.name, line],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def rules(host: LabHost, user: str) -> list[str]:
    """What sudo allows a user, line by line."""
    listed = over_ssh(host, user, "sudo -n -l").stdout
    return [line.strip() for line in listed.splitlines() if "NOPASSWD" in line or "(root)" in line]


def test_a_deploy_to_a_bare_host_asks_for_setup(first: Project) -> None:
    done = first.inv("deploy")

    said = done.stdout + done.stderr
    assert done.returncode in {4, 9}, said
    assert "inv setup" in said, said
    assert "Traceback" not in said


def test_setup_makes_a_bare_host_ready(first: Project, bare: LabHost) -> None:
    assert bare.run("getent passwd deploy").returncode != 0

    changed = steps(first)

    assert set(changed) == set(STEPS)
    assert changed["users"] is True
    assert changed["files"] is True
    assert bare.run("stat -c '%U %a' /var/lib/deployer/first").stdout == "root 700\n"
    assert bare.run("stat -c '%U %a' /srv/first /srv/first/releases").stdout == "root 755\n" * 2
    assert bare.run("getent passwd first").stdout.strip().endswith(":/usr/sbin/nologin")
    assert bare.run("systemctl is-enabled deployer-recover@first nginx").stdout == "enabled\n" * 2
    assert bare.run("find /etc/sudoers.d -perm /022 -o ! -user root").stdout == ""


def test_setup_again_changes_nothing(first: Project, bare: LabHost) -> None:
    places = "/etc /srv /usr/lib/deployer /var/lib/deployer"
    look = f"find {places} -type f | sort | xargs -d'\\n' sha256sum"
    before = bare.run(look).stdout

    changed = steps(first)

    assert changed == dict.fromkeys(STEPS, False)
    assert bare.run(look).stdout == before


def test_the_deploy_user_may_start_the_agent_and_nothing_else(bare: LabHost) -> None:
    assert rules(bare, "deploy") == [f"(root) NOPASSWD: {AGENT} serve"]
    for line in (
        "sudo -n id",
        "sudo -n sh -c id",
        f"sudo -n {AGENT}",
        f"sudo -n {AGENT} serve --help",
        f"sudo -n {AGENT} worker",
        f"sudo -n {AGENT} ../../../bin/sh",
        "sudo -n -u postgres id",
        "sudo -n -e /etc/passwd",
    ):
        done = over_ssh(bare, "deploy", line)
        assert done.returncode != 0, line
        assert "uid=" not in done.stdout, line


def test_the_agent_heeds_nothing_of_the_deploy_users_environment(bare: LabHost) -> None:
    evil = 'mkdir -p /tmp/evil && echo \'open("/root/owned", "w")\' > /tmp/evil/sitecustomize.py'
    over_ssh(bare, "deploy", evil)

    over_ssh(
        bare,
        "deploy",
        f"cd /tmp/evil && PYTHONPATH=/tmp/evil PYTHONSTARTUP=/tmp/evil/sitecustomize.py "
        f"sudo -n {AGENT} serve </dev/null",
    )

    assert bare.run("ls /root/owned").returncode != 0


def test_the_deploy_user_cannot_change_the_agent_or_read_secrets(
    first: Project, bare: LabHost
) -> None:
    first.must("deploy")
    release = f"/srv/first/releases/{live(bare, 'first')}"
    for line in (
        f"cat {release}/config/app.env",
        "cat /srv/first/run/live/config/app.env",
        "ls /var/lib/deployer/first",
        "ls /opt/backups",
        "ls /srv/first/shared",
        f"touch {release}/evil",
        f"touch {AGENT}",
        "touch /usr/lib/deployer/evil",
        "ln -sfn /tmp /srv/first/current",
    ):
        done = over_ssh(bare, "deploy", line)
        assert done.returncode != 0, line


def test_a_second_app_of_others_lives_beside_the_first(
    first: Project, second: Project, bare: LabHost
) -> None:
    first.must("deploy")
    serving = live(bare, "first")

    second.must("setup")
    second.must("deploy")

    assert second.get("/hello")[0] == 200
    assert first.get("/hello")[0] == 200
    assert live(bare, "first") == serving
    assert rules(bare, "others") == [f"(root) NOPASSWD: {AGENT} serve"]
    assert rules(bare, "deploy") == [f"(root) NOPASSWD: {AGENT} serve"]
    first.must("deploy", "--force")
    assert steps(first) == dict.fromkeys(STEPS, False)
    assert steps(second) == dict.fromkeys(STEPS, False)


def test_one_app_cannot_read_or_write_the_other(bare: LabHost) -> None:
    for line in (
        "cat /srv/second/run/live/config/app.env",
        "ls /srv/second/shared",
        "touch /srv/second/shared/evil",
        "ls /srv/second/releases/*/",
        "ls /run/second-blue /run/second-green",
        "ls /var/lib/deployer/second",
    ):
        done = bare.run(f"runuser -u first -- sh -c '{line}'")
        assert done.returncode != 0, line


def test_a_site_that_nobody_knows_gets_no_app(bare: LabHost) -> None:
    ask = "curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1/hello -H 'Host: "

    known, unknown = (bare.run(f"{ask}{name}'").stdout for name in ("first.lab.test", "no.test"))

    assert known == "200"
    assert unknown in {"000", "404"}


def test_a_user_with_sudo_sets_a_host_up_too(fresh_host: LabHost, app: App, tmp_path: Path) -> None:
    fresh_host.run(
        "useradd --create-home --shell /bin/bash admin && "
        "install -d -m 700 -o admin ~admin/.ssh && "
        "install -m 600 -o admin /root/.ssh/authorized_keys ~admin/.ssh/authorized_keys && "
        "echo 'admin ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/admin && "
        "rm /root/.ssh/authorized_keys"
    )
    project = project_of(tmp_path, fresh_host, app, "third", setup_user="admin")

    project.must("setup")
    again = steps(project)
    project.must("deploy")

    assert again == dict.fromkeys(STEPS, False)
    assert project.get("/hello")[0] == 200
    assert rules(fresh_host, "deploy") == [f"(root) NOPASSWD: {AGENT} serve"]
    assert fresh_host.run("cat /etc/sudoers.d/admin").stdout.startswith("admin ALL")


def test_a_setup_user_without_sudo_is_told_so(
    fresh_host: LabHost, app: App, tmp_path: Path
) -> None:
    fresh_host.run(
        "useradd --create-home --shell /bin/bash nobodys && "
        "install -d -m 700 -o nobodys ~nobodys/.ssh && "
        "install -m 600 -o nobodys /root/.ssh/authorized_keys ~nobodys/.ssh/authorized_keys"
    )
    project = project_of(tmp_path, fresh_host, app, "fourth", setup_user="nobodys")

    done = project.inv("setup")

    said = done.stdout + done.stderr
    assert done.returncode == 9, said
    assert "sudo" in said
    assert "hint:" in said
    assert fresh_host.run("ls /usr/lib/deployer /etc/sudoers.d/deployer*").returncode != 0
