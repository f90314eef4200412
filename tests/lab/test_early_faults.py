"""Every early failure ends with the old release serving, a named cause, and the right exit code."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import pytest

from deployer.lab.lab import Lab
from deployer.lab.traffic import Traffic
from tests.apps import shop
from tests.lab.project import Project, until

NAME = "faults.lab.test"


@pytest.fixture(scope="module")
def deployed(lab1: Lab, tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("faults")
    made = Project(folder, lab1.hosts, shop(folder / "shop"), name="faults")
    made.section("app", "web_server")["server_names"] = [NAME]
    env = made.section("app", "env")
    env["ALLOWED_HOSTS"] = NAME
    env["DATABASE_URL"] = "sqlite:////srv/faults/shared/db.sqlite3"
    env["MEDIA_ROOT"] = "/srv/faults/shared/media"
    made.section("app", "health").update(settle="3s", timeout="8s")
    made.write()
    made.must("setup")
    made.must("deploy", "--revision", "v1")
    return made


@pytest.fixture
def project(deployed: Project) -> Iterator[Project]:
    """The deployed project; afterwards its inventory is as it was and v1 serves."""
    inventory, environ = deepcopy(deployed.inventory), dict(deployed.environ)
    yield deployed
    deployed.inventory, deployed.environ = inventory, environ
    deployed.write()


@dataclass(frozen=True)
class Fault:
    revision: str
    exit_code: int
    says: str


BROKEN = {
    "a failing install": Fault("broken/install", 9, "python-slugify"),
    "settings that need a variable": Fault("broken/settings", 9, "PAYMENT_KEY"),
    "a crash at import": Fault("broken/import", 9, "Error"),
    "a failing migration": Fault(
        "broken/migration", 6, "0004_fill_notes failed and was rolled back by SQLite"
    ),
    "a failing collectstatic": Fault("broken/static", 6, "paper.png"),
    "500 on health": Fault("broken/health", 6, "500"),
    "a redirect to https on health": Fault("broken/redirect", 6, "301"),
    "a crash after two seconds": Fault("broken/crashloop", 6, ""),
    "no such revision": Fault("no-such-branch", 9, "no-such-branch"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_revision_leaves_the_old_release_serving(project: Project, name: str) -> None:
    fault = BROKEN[name]

    with Traffic(project.hosts[0].address, NAME, rate=20) as users:
        done = project.inv("deploy", "--revision", fault.revision)

    said = done.stdout + done.stderr
    assert done.returncode == fault.exit_code, said
    assert fault.says in said, said
    assert "hint:" in said, said
    assert users.seen.lost == 0, (users.seen, said)
    assert project.healthz()["revision"] == "v1"


def wrong_key(project: Project) -> None:
    other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBaxkEvnlnW0d82LFn5KDMKZ6NiHNnQI9tMvic9Oc3mg"
    project.section("hosts", project.hosts[0].name)["host_keys"] = [other]


def unknown_key(project: Project) -> None:
    project.section("hosts", project.hosts[0].name)["host_keys"] = []


def no_host_there(project: Project) -> None:
    address = project.hosts[0].address.rpartition(".")[0] + ".199"
    project.section("hosts", project.hosts[0].name)["address"] = address
    project.section("ssh")["connect_timeout"] = "2s"


def no_secret(project: Project) -> None:
    del project.environ["SECRET_KEY"]


def broken_template(project: Project) -> None:
    template = project.folder / "templates/gunicorn/gunicorn.conf.py.j2"
    template.parent.mkdir(parents=True, exist_ok=True)
    template.write_text("workers = {{ no_such_value|python }}\n")


def wrong_release_answers(project: Project) -> None:
    shipped = Path(__file__).parents[2] / "templates/gunicorn/gunicorn.conf.py.j2"
    template = project.folder / "templates/gunicorn/gunicorn.conf.py.j2"
    template.parent.mkdir(parents=True, exist_ok=True)
    lied = shipped.read_text().replace('os.environ.get("RELEASE_ID", "")', '"000001-0000000"')
    assert lied != shipped.read_text()
    template.write_text(lied)


LOCAL: dict[str, tuple[Callable[[Project], None], int, str]] = {
    "a changed host key": (wrong_key, 4, "key"),
    "an unknown host key": (unknown_key, 4, "SHA256:"),
    "an unreachable host": (no_host_there, 4, "reach"),
    "an unresolved secret": (no_secret, 2, "SECRET_KEY"),
    "a template error": (broken_template, 2, "no_such_value"),
    "an answer by another release": (wrong_release_answers, 6, "000001-0000000"),
}


@pytest.mark.parametrize("name", LOCAL)
def test_a_fault_on_our_side_changes_nothing_on_the_host(project: Project, name: str) -> None:
    prepare, exit_code, says = LOCAL[name]
    prepare(project)
    project.write()

    done = project.inv("deploy", "--revision", "v4", "--unfreeze")
    template = project.folder / "templates/gunicorn/gunicorn.conf.py.j2"
    template.unlink(missing_ok=True)

    said = done.stdout + done.stderr
    assert done.returncode == exit_code, said
    assert says in said, said
    assert "Traceback" not in said
    assert project.healthz()["revision"] == "v1"


def test_without_sudo_nothing_is_done(project: Project) -> None:
    (host,) = project.hosts
    host.run("mv /etc/sudoers.d/deployer* /root/")
    try:
        done = project.inv("deploy", "--revision", "v4", "--unfreeze")
    finally:
        host.run("mv /root/deployer* /etc/sudoers.d/")

    assert done.returncode == 9, done.stdout + done.stderr
    assert "inv setup" in done.stdout + done.stderr
    assert project.healthz()["revision"] == "v1"


def test_a_foreign_broken_site_stops_only_what_needs_nginx(project: Project) -> None:
    (host,) = project.hosts
    host.run("echo 'server { nonsense; }' > /etc/nginx/sites-enabled/foreign.conf")
    project.section("app", "web_server")["client_max_body_size"] = "21m"
    project.write()
    try:
        done = project.inv("deploy", "--revision", "v4", "--unfreeze")
    finally:
        host.run("rm /etc/nginx/sites-enabled/foreign.conf")

    said = done.stdout + done.stderr
    assert done.returncode == 9, said
    assert "foreign.conf" in said, said
    assert project.healthz()["revision"] == "v1"


def test_a_full_disk_is_found_before_anything_is_written(project: Project) -> None:
    (host,) = project.hosts
    host.run("mkdir -p /mnt/small && mount -t tmpfs -o size=1m tmpfs /opt/backups")
    try:
        done = project.inv("deploy", "--revision", "v4", "--unfreeze")
    finally:
        host.run("umount /opt/backups")

    said = done.stdout + done.stderr
    assert done.returncode == 9, said
    assert "free" in said, said
    assert project.healthz()["revision"] == "v1"


def test_two_at_once_have_one_winner(project: Project) -> None:
    started = [project.started("deploy", "--revision", "v1", "--force") for _ in range(4)]
    ends = [(one.communicate(timeout=120)[0], one.returncode) for one in started]

    codes = sorted(code for _, code in ends)
    assert codes[0] == 0, ends
    assert set(codes[1:]) <= {0, 5}, ends
    assert 5 in codes, ends
    assert project.healthz()["revision"] == "v1"


def begun(project: Project, revision: str) -> subprocess.Popen[str]:
    """A deploy that hangs at the start of its release."""
    project.section("app", "runtime").update(kind="systemd", start_timeout="60s")
    project.write()
    started = project.started("deploy", "--revision", revision, "--unfreeze")
    assert until(started, "PUBLISH")
    time.sleep(2.5)  # noqa: TID251  the new release has to be in the middle of its start
    return started


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_puts_everything_back(project: Project, number: signal.Signals) -> None:
    started = begun(project, "broken/slow")

    started.send_signal(number)
    output, _ = started.communicate(timeout=60)

    assert started.returncode == 130, output
    assert project.healthz()["revision"] == "v1"
    assert "PUT BACK" in output.upper(), output


def test_a_host_that_lost_its_controller_puts_itself_back(project: Project) -> None:
    (host,) = project.hosts
    started = begun(project, "broken/slow")

    started.kill()
    started.communicate(timeout=60)
    host.run(
        "for i in $(seq 150); do systemctl list-units 'deployer-faults-*' --no-legend "
        "| grep -q . || exit 0; sleep 0.2; done; exit 1",
        timeout=60,
    )

    history = project.must("history")
    assert project.healthz()["revision"] == "v1"
    assert "rolled_back" in history or "rolled-back" in history, history
    assert project.inv("deploy", "--revision", "v4", "--unfreeze").returncode == 0
    project.must("rollback")
