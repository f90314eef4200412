"""Apps that we did not write, deployed on one host and looked at from outside."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from testinfra.host import Host

from deployer.lab.host import LabHost
from deployer.lab.lab import Lab
from deployer.lab.traffic import Traffic
from tests.apps import App, commit, flaskr, startproject, wagtail
from tests.lab.outside import COLOURS, ask, live, live_colour, look, wait_for_end
from tests.lab.project import Project


@dataclass(frozen=True)
class Kind:
    """An app, pages that it answers, and a text that its first page shows."""

    make: Callable[[Path], App]
    pages: tuple[str, ...]
    shows: str


KINDS = {
    "startproject": Kind(startproject, ("/admin/login/",), "Django administration"),
    "wagtail": Kind(wagtail, ("/admin/login/", "/"), "Wagtail"),
    "flaskr": Kind(flaskr, ("/auth/login", "/hello"), "Flaskr"),
}


@dataclass(frozen=True)
class Deployed:
    """An app on a host after its first deploy, and how to look at it."""

    kind: Kind
    project: Project
    host: LabHost
    outside: Host

    @property
    def app(self) -> str:
        return self.project.app.name

    @property
    def release(self) -> str:
        return f"/srv/{self.app}/releases/{live(self.host, self.app)}"


@pytest.fixture(scope="module", params=KINDS)
def deployed(
    request: pytest.FixtureRequest, lab1: Lab, tmp_path_factory: pytest.TempPathFactory
) -> Deployed:
    kind = KINDS[request.param]
    folder = tmp_path_factory.mktemp(request.param)
    runtime = {"kind": "systemd", "drain": "1s", "keep_warm": "2s"}
    project = Project(folder, lab1.hosts, kind.make(folder / "app"), runtime=runtime)
    (host,) = lab1.hosts
    project.must("setup")
    project.must("deploy")
    return Deployed(kind, project, host, look(lab1, host))


def test_its_pages_are_served(deployed: Deployed) -> None:
    answers = [ask(deployed.project, deployed.host, page) for page in deployed.kind.pages]

    assert [answer.status for answer in answers] == [200] * len(answers)
    assert deployed.kind.shows in answers[0].text


def test_the_live_colour_is_active_and_enabled_and_the_other_is_not(deployed: Deployed) -> None:
    colour = live_colour(deployed.host, deployed.app)
    units = {one: deployed.outside.service(f"{deployed.app}@{one}") for one in COLOURS}

    assert colour in COLOURS
    assert {one: unit.is_running for one, unit in units.items()} == {
        one: one == colour for one in COLOURS
    }
    assert {one: unit.is_enabled for one, unit in units.items()} == {
        one: one == colour for one in COLOURS
    }
    assert deployed.outside.service("nginx").is_running


def test_it_runs_as_its_own_user_from_the_live_release(deployed: Deployed) -> None:
    unit = f"{deployed.app}@{live_colour(deployed.host, deployed.app)}"
    group = deployed.outside.check_output("systemctl show -P ControlGroup %s", unit)
    listed = f"cat /sys/fs/cgroup{group}/cgroup.procs"
    # In one line, because a process may end between two.
    of_user, of_unit, folders = deployed.outside.check_output(
        f"pids=$(pgrep -u {deployed.app}); echo $pids; echo $({listed}); "
        "for pid in $pids; do readlink /proc/$pid/cwd; done | sort -u | xargs"
    ).split("\n")

    assert len(of_user.split()) >= 3, "gunicorn and two workers"
    assert set(of_user.split()) == set(of_unit.split())
    assert folders == deployed.release
    assert deployed.outside.user(deployed.app).shell == "/usr/sbin/nologin"


def test_the_release_is_roots_and_the_app_cannot_write_it(deployed: Deployed) -> None:
    release = deployed.outside.file(deployed.release)
    others = deployed.outside.check_output("find -H %s ! -user root -print -quit", deployed.release)
    writable = deployed.outside.check_output(
        "find -H %s ! -type l -perm /022 -print -quit", deployed.release
    )
    as_app = f"runuser -u {deployed.app} -- "
    created = deployed.outside.run(f"{as_app}touch {deployed.release}/evil.py")
    appended = deployed.outside.run(
        f"{as_app}sh -c 'echo evil >> {deployed.release}/venv/pyvenv.cfg'"
    )
    moved = deployed.outside.run(f"{as_app}ln -sfn /tmp /srv/{deployed.app}/current")

    assert release.user == "root"
    assert (others, writable) == ("", "")
    assert (created.succeeded, appended.succeeded, moved.succeeded) == (False, False, False)


def test_secrets_are_in_files_that_only_root_reads(deployed: Deployed) -> None:
    env = deployed.outside.file(f"{deployed.release}/config/app.env")
    as_app = deployed.outside.run(f"runuser -u {deployed.app} -- cat {env.path}")
    as_deploy = deployed.outside.run(f"runuser -u deploy -- cat {env.path}")
    secret = deployed.project.app.secrets["SECRET_KEY"][:16]
    shown = deployed.outside.check_output(
        f"systemctl cat '{deployed.app}@*'; systemctl show -p Environment '{deployed.app}@*'; "
        "ps axww -o args; journalctl -q --no-pager; cat /var/log/deploy.log; "
        f"cat /var/lib/deployer/{deployed.app}/journal*"
    )

    assert (env.user, oct(env.mode)) == ("root", "0o600")
    assert "50%" in env.content_string
    assert (as_app.succeeded, as_deploy.succeeded) == (False, False)
    assert secret not in shown


def test_state_and_backups_are_closed_to_others(deployed: Deployed) -> None:
    state = deployed.outside.file(f"/var/lib/deployer/{deployed.app}")
    backups = deployed.outside.file("/opt/backups")
    shared = deployed.outside.file(f"/srv/{deployed.app}/shared")

    assert (state.user, oct(state.mode)) == ("root", "0o700")
    assert (backups.user, oct(backups.mode & 0o006)) == ("root", "0o0")
    assert (shared.user, oct(shared.mode & 0o007)) == (deployed.app, "0o0")


def test_its_style_sheet_is_served(deployed: Deployed) -> None:
    page = ask(deployed.project, deployed.host, deployed.kind.pages[0])
    found = re.search(r'href="(/static/[^"]+\.css)"', page.text)
    assert found, page.text

    sheet = ask(deployed.project, deployed.host, found[1])

    assert sheet.status == 200
    assert sheet.headers["Content-Type"].startswith("text/css")
    assert "{" in sheet.text


def test_collected_files_come_from_the_release_without_asking_the_app(deployed: Deployed) -> None:
    if deployed.app == "flaskr":
        assert not deployed.outside.file(f"{deployed.release}/static").exists
        return  # Flask serves its own
    colour = live_colour(deployed.host, deployed.app)
    page = ask(deployed.project, deployed.host, deployed.kind.pages[0])
    found = re.search(r'href="(/static/[^"]+\.css)"', page.text)
    assert found

    deployed.outside.run_expect([0], f"systemctl kill -s STOP {deployed.app}@{colour}")
    try:
        sheet = ask(deployed.project, deployed.host, found[1])
    finally:
        deployed.outside.run_expect([0], f"systemctl kill -s CONT {deployed.app}@{colour}")

    assert sheet.status == 200
    assert deployed.outside.file(f"{deployed.release}{found[1]}").user == "root"


def test_a_second_deploy_loses_no_request_and_switches_the_colour(deployed: Deployed) -> None:
    before, colour = live(deployed.host, deployed.app), live_colour(deployed.host, deployed.app)
    new = commit(deployed.project.app, "Say it again", {"NOTE.txt": f"after {before}\n"})

    with Traffic(
        deployed.host.address, deployed.project.server_name, paths=deployed.kind.pages, rate=30
    ) as users:
        deployed.project.must("deploy", "--revision", new)
        wait_for_end(deployed.host, f"{deployed.app}@{colour}")
    now = live(deployed.host, deployed.app)

    assert users.seen.lost == 0, users.seen
    assert users.seen.asked > 20
    assert now.endswith(new[:7])
    assert now > before
    assert live_colour(deployed.host, deployed.app) != colour
    assert deployed.outside.file(f"{deployed.release}/NOTE.txt").content_string.endswith(
        f"{before}\n"
    )
    test_it_runs_as_its_own_user_from_the_live_release(deployed)
    test_the_live_colour_is_active_and_enabled_and_the_other_is_not(deployed)
