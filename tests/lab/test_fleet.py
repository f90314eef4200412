"""Three web hosts that share one PostgreSQL database: one release everywhere, or none."""

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from deployer.lab.host import LabHost
from deployer.lab.lab import Lab
from deployer.lab.traffic import Seen, Traffic
from tests.apps import commit, shop, startproject
from tests.lab.outside import disk_of, live, releases
from tests.lab.project import Project

PROJECT = Path(__file__).parents[2]
APP = "fleet"
PASSWORD = "p@ss/w%rd #1"
IN_A_URL = "p%40ss%2Fw%25rd%20%231"
Events = list[dict[str, object]]

FAILS_ON_WEB3 = """

_answer = healthz


def healthz(request):
    import socket

    answer = _answer(request)
    if socket.gethostname() == "web3":
        answer.status_code = 500
    return answer
"""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """Hosts with PostgreSQL on them; the server of the first is the one that is used."""
    with Lab(f"fleet-{os.getpid()}", project=PROJECT) as made:
        made.up(3, postgres=True)
        yield made


@pytest.fixture(scope="module")
def hosts(lab: Lab) -> tuple[LabHost, ...]:
    return lab.hosts


@pytest.fixture(scope="module")
def database(hosts: tuple[LabHost, ...]) -> str:
    """A role and a database on the first host; gives their URL."""
    network = hosts[0].address.rpartition(".")[0] + ".0/24"
    script = f"""set -e
cd /
echo "host fleet fleet {network} scram-sha-256" | tee -a /etc/postgresql/*/main/pg_hba.conf
runuser -u postgres -- psql -qc "ALTER SYSTEM SET listen_addresses = '*'"
runuser -u postgres -- psql -qc "CREATE ROLE fleet LOGIN PASSWORD '{PASSWORD}'"
runuser -u postgres -- psql -qc "CREATE DATABASE fleet OWNER fleet"
systemctl restart "postgresql@$(ls /etc/postgresql)-main"
"""
    done = hosts[0].run(script)
    assert done.returncode == 0, done.stderr
    return f"postgresql://fleet:{IN_A_URL}@{hosts[0].address}:5432/fleet"


@pytest.fixture(scope="module")
def project(
    hosts: tuple[LabHost, ...], database: str, tmp_path_factory: pytest.TempPathFactory
) -> Project:
    folder = tmp_path_factory.mktemp(APP)
    app = shop(folder / "shop")
    made = Project(folder, hosts, app, name=APP)
    made.section("app", "web_server")["server_names"] = ["fleet.lab.test"]
    env = made.section("app", "env")
    env["ALLOWED_HOSTS"] = "fleet.lab.test"
    env["DATABASE_URL"] = {"secret": "DATABASE_URL"}
    env["MEDIA_ROOT"] = f"/srv/{APP}/shared/media"
    made.section("app")["database"] = {"kind": "postgres", "url": {"secret": "DATABASE_URL"}}
    made.section("app", "health")["timeout"] = "12s"
    made.section("rollout")["batches"] = [1, "100%"]
    made.section("ssh")["connect_timeout"] = "3s"
    made.environ["DATABASE_URL"] = database
    made.write()
    made.must("setup")
    made.must("deploy", "--revision", "v1")
    return made


def sql(host: LabHost, query: str) -> str:
    """Ask the shared database, as its administrator."""
    done = host.run(f'cd / && runuser -u postgres -- psql -qtA -d fleet -c "{query}"')
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def served(project: Project) -> list[str]:
    """The release that each host serves; each proves it over HTTP too."""
    found = [live(host, APP) for host in project.hosts]
    assert [project.healthz(host)["release"] for host in project.hosts] == found
    return found


@contextmanager
def users_of(project: Project) -> Iterator[list[Traffic]]:
    """Users of every host."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(Traffic(host.address, project.server_name, rate=15, threads=2))
            for host in project.hosts
        ]


def nobody_lost_anything(users: list[Traffic]) -> None:
    seen: list[Seen] = [one.seen for one in users]
    assert [one.lost for one in seen] == [0] * len(seen), seen
    assert min(one.asked for one in seen) > 20, seen


def hosts_of(events: Events, event: str, **wanted: str) -> list[str]:
    """The hosts of all events of a kind."""
    return sorted(
        str(one["host"])
        for one in events
        if one["event"] == event and all(one[key] == value for key, value in wanted.items())
    )


def test_the_first_deploy_gives_all_hosts_the_same_release(project: Project) -> None:
    found = served(project)

    assert len(set(found)) == 1
    assert [project.healthz(host)["revision"] for host in project.hosts] == ["v1"] * 3


def test_an_upgrade_migrates_once_and_loses_no_request_on_any_host(project: Project) -> None:
    names = [host.name for host in project.hosts]

    with users_of(project) as users:
        code, events = project.events("deploy", "--revision", "v2")
    rows = sql(
        project.hosts[0], "SELECT count(*) FROM django_migrations WHERE name LIKE '0003_product%'"
    )
    phases = [one["hosts"] for one in events if one["event"] == "PhaseStarted"]

    assert code == 0, events[-1]
    nobody_lost_anything(users)
    assert len(set(served(project))) == 1
    assert rows == "1"
    assert hosts_of(events, "StepFinished", step="migrate") == ["web1"]
    assert hosts_of(events, "StepFinished", step="install") == names
    assert [one for one in phases if one == ["web2", "web3"]]


def test_the_leader_holds_a_verified_backup_of_the_database(project: Project) -> None:
    (leader, *others) = project.hosts
    folder = leader.run(f"ls -d /opt/backups/{APP}_* | tail -n 1").stdout.strip()

    sums = leader.run(f"cd {folder} && sha256sum -c SHA256SUMS")
    listed = leader.run(f"pg_restore -l {folder}/database.dump").stdout
    restored = leader.run(f"pg_restore -f - {folder}/database.dump").stdout
    record = json.loads(leader.run(f"cat {folder}/backup.json").stdout)

    assert sums.returncode == 0, sums.stdout
    assert "TABLE DATA public catalog_product" in listed
    assert "COPY public.django_migrations" in restored
    assert "0003_product" not in restored, "it was made before the migration"
    assert PASSWORD not in json.dumps(record)
    for host in others:
        names = host.run(f"ls /opt/backups/{APP}_*").stdout
        assert "code.tar.gz" in names
        assert "database" not in names
    code, (document,) = project.events("backups")
    rows = document["rows"]
    assert code == 0
    assert isinstance(rows, list)
    assert {row["host"] for row in rows} == {host.name for host in project.hosts}
    assert all(row["verified"] for row in rows)


def test_a_release_that_is_broken_everywhere_never_leaves_the_first_batch(
    project: Project,
) -> None:
    before = served(project)

    with users_of(project) as users:
        code, events = project.events("deploy", "--revision", "v3")

    assert code == 6, events[-1]
    nobody_lost_anything(users)
    assert served(project) == before
    assert hosts_of(events, "StepStarted", step="restart") == ["web1"]


def test_a_host_of_a_later_batch_that_fails_takes_the_earlier_ones_back(project: Project) -> None:
    before = served(project)
    health = (project.app.repository / "shop/health.py").read_text()
    bad = commit(project.app, "Fail on one host", {"shop/health.py": health + FAILS_ON_WEB3})

    with users_of(project) as users:
        code, events = project.events("deploy", "--revision", bad)

    assert code == 6, events[-1]
    nobody_lost_anything(users)
    assert served(project) == before
    assert "web1" in hosts_of(events, "StepFinished", step="activate")
    assert hosts_of(events, "RecoveryFinished", outcome="rolled-back") == ["web1", "web2", "web3"]
    newest = [list(releases(host, APP).items())[-1] for host in project.hosts]
    assert len({name for name, _ in newest}) == 1
    assert {state for _, state in newest} <= {"failed", "rolled-back"}
    project.must("health")


def test_a_rollback_takes_all_hosts_back_without_losing_a_request(project: Project) -> None:
    project.must("deploy", "--unfreeze", "--revision", "v4")
    bad = served(project)[0]

    with users_of(project) as users:
        code, events = project.events("rollback")

    assert code == 0, events[-1]
    nobody_lost_anything(users)
    assert len(set(served(project))) == 1
    assert {releases(host, APP)[bad] for host in project.hosts} == {"rolled-back"}
    assert [project.healthz(host)["revision"] for host in project.hosts] == ["v2"] * 3


def test_an_unreachable_host_stops_it_all_before_anything_is_changed(
    project: Project, lab: Lab
) -> None:
    before = [disk_of(host, APP) for host in project.hosts]
    lab.cut_link(project.hosts[2])
    try:
        done = project.inv("deploy", "--unfreeze", "--revision", "v4")
    finally:
        lab.heal_link(project.hosts[2])

    assert done.returncode == 4, done.stdout + done.stderr
    assert "web3" in done.stdout + done.stderr
    assert "hint:" in done.stdout + done.stderr
    assert [disk_of(host, APP) for host in project.hosts] == before


def test_a_host_that_is_away_is_skipped_on_request_and_fetched_later(
    lab: Lab, project: Project
) -> None:
    *there, away = project.hosts
    before = live(away, APP)
    words = ("deploy", "--revision", "v2")
    project.section("app", "env")["NEWS"] = "a new setting makes a new release"
    project.write()
    lab.cut_link(away)
    try:
        skipping = project.inv(*words, "--skip-unreachable")
    finally:
        lab.heal_link(away)
    found = [live(host, APP) for host in there]

    fetched = project.must(*words, "--limit", "@failed")

    assert skipping.returncode == 8, skipping.stdout + skipping.stderr
    assert f"skipped: {away.name}" in skipping.stdout
    assert len(set(found)) == 1
    assert found[0] != before
    assert "web3" in fetched
    assert "web1" not in fetched
    assert set(served(project)) == set(found)


def test_a_limit_touches_only_the_hosts_that_it_names(project: Project) -> None:
    before = served(project)
    untouched = [disk_of(project.hosts[one], APP) for one in (0, 2)]

    project.must("deploy", "--unfreeze", "--revision", "v4", "--limit", "web2")
    now = served(project)
    status = project.inv("status")

    assert [now[0], now[2]] == [before[0], before[2]]
    assert now[1] > before[1]
    assert [disk_of(project.hosts[one], APP) for one in (0, 2)] == untouched
    assert status.returncode == 8, status.stdout + status.stderr


def test_a_deploy_to_all_makes_them_the_same_again(project: Project) -> None:
    project.must("deploy", "--unfreeze", "--revision", "v4")

    assert len(set(served(project))) == 1
    project.must("status")


def test_hosts_with_different_pasts_are_asked_for_one_release(project: Project) -> None:
    before = served(project)
    old = list(releases(project.hosts[1], APP))[1]

    unclear = project.inv("rollback")
    said = unclear.stdout + unclear.stderr
    unchanged = served(project)
    project.must("rollback", "--to", old)

    assert unclear.returncode == 2, said
    assert "--to" in said
    assert unchanged == before
    assert served(project) == [old] * 3


def test_a_shared_database_is_restored_once_while_all_hosts_stand_still(project: Project) -> None:
    sql(project.hosts[0], "ALTER ROLE fleet CREATEDB")
    network = project.hosts[0].address.rpartition(".")[0] + ".0/24"
    line = f"host all fleet {network} scram-sha-256"
    allow = f"echo '{line}' | tee -a /etc/postgresql/*/main/pg_hba.conf"
    reload = "cd / && runuser -u postgres -- psql -qc 'SELECT pg_reload_conf()'"
    record = made_backup(project)
    sql(project.hosts[0], "UPDATE catalog_product SET cents = 1")
    words = ("--backup", str(record["name"]), "--database")
    confirmed = ("--yes-i-lose-writes-since", str(record["created"])[:16])

    refused = project.inv("restore", *words, *confirmed)
    done = project.hosts[0].run(f"{allow}; {reload}")
    assert done.returncode == 0, done.stderr
    code, events = project.events("restore", *words, *confirmed)

    assert refused.returncode == 9, refused.stdout + refused.stderr
    assert "pg_hba.conf" in refused.stdout + refused.stderr
    assert code == 0, events[-1]
    assert hosts_of(events, "StepFinished", step="swap") == ["web1"]
    for step in ("pause", "resume", "check_health"):
        assert hosts_of(events, "StepFinished", step=step) == ["web1", "web2", "web3"], step
    assert sql(project.hosts[0], "SELECT count(*) FROM catalog_product WHERE cents = 1") == "0"
    databases = sql(project.hosts[0], "SELECT string_agg(datname, ' ') FROM pg_database")
    assert "fleet_before_" in databases
    assert len(served(project)) == 3


def made_backup(project: Project) -> dict[str, object]:
    """Back up, and give the record of the host that leads."""
    project.must("backup")
    rows = json.loads(project.must("backups", "--output", "json"))["rows"]
    (*_, newest) = (row for row in rows if row["host"] == "web1")
    return dict(newest)


def test_an_app_with_a_database_of_its_own_on_each_host_is_migrated_on_each(
    hosts: tuple[LabHost, ...], tmp_path: Path
) -> None:
    app = startproject(tmp_path / "app")
    project = Project(tmp_path, hosts, app)
    path = "/srv/mysite/shared/db.sqlite3"

    project.must("setup")
    code, events = project.events("deploy")
    hosts[0].run(f"sqlite3 {path} 'create table only_here (x)'")
    tables = [host.run(f"sqlite3 {path} .tables").stdout for host in hosts]

    assert code == 0, events[-1]
    assert hosts_of(events, "StepFinished", step="migrate") == ["web1", "web2", "web3"]
    assert len({live(host, "mysite") for host in hosts}) == 1
    assert [project.get("/admin/login/", host)[0] for host in hosts] == [200] * 3
    assert ["django_session" in one for one in tables] == [True] * 3
    assert ["only_here" in one for one in tables] == [True, False, False]
