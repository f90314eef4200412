"""Migrations on real databases: told before, refused, cut off half way, and what is true after."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deployer.lab.host import LabHost
from deployer.lab.lab import Lab
from examples.shop import history
from tests.apps import commit, shop
from tests.lab.outside import live
from tests.lab.project import INV, Project

PROJECT = Path(__file__).parents[2]
URL = "postgresql://shop:secret@127.0.0.1:5432/shop"
MIGRATION = """\
from django.db import migrations, models

{more}


class Migration(migrations.Migration):
    atomic = {atomic}
    dependencies = [("catalog", "{before}")]
    operations = [{operations}]
"""
NOTE = 'migrations.AddField("order", "{name}", models.TextField(null=True))'
FAILS = """\
deployer = "additive"


def fail(apps, schema_editor):
    raise ValueError("no such order")"""
HELD = "BEGIN; LOCK TABLE catalog_product IN ACCESS SHARE MODE; SELECT pg_sleep(900)"
QUICK = {
    "runtime": {"kind": "systemd", "drain": "1s", "keep_warm": "1s"},
    "migrations": {"lock_timeout": "700ms"},
}
Events = list[dict[str, object]]


@pytest.fixture(scope="module")
def host() -> Iterator[LabHost]:
    with Lab(f"migrations-{os.getpid()}", project=PROJECT) as lab:
        lab.up(1, postgres=True)
        (made,) = lab.hosts
        made.run(
            "cd / && runuser -u postgres -- psql -q",
            input=("CREATE ROLE shop LOGIN PASSWORD 'secret'; CREATE DATABASE shop OWNER shop;"),
        )
        yield made


class Shop:
    """The shop on a host, and a line of commits after `base` that each bring migrations."""

    def __init__(self, project: Project, host: LabHost, base: str = "v1") -> None:
        self.project = project
        self.host = host
        self.last = "0002_first_products"
        self._number = 0
        history.git(project.app.repository, "checkout", "--quiet", "-B", "work", base)

    def add(self, name: str, operations: str, *, atomic: bool = True, more: str = "") -> None:
        """Write a migration after the last one; the next `commit` takes it along."""
        text = MIGRATION.format(before=self.last, operations=operations, atomic=atomic, more=more)
        file = self.project.app.repository / f"catalog/migrations/{name}.py"
        file.write_text(text)
        self.last = name

    def commit(self) -> str:
        """Commit what is there; always a commit of its own."""
        self._number += 1
        return commit(self.project.app, "Change the schema", {"NOTE.txt": str(self._number)})

    def deploy(self, *words: str) -> tuple[int, Events]:
        """Commit what is there and deploy it."""
        return self.project.events("deploy", "--revision", self.commit(), *words)

    def sql(self, query: str) -> str:
        """Ask the database, as its administrator."""
        done = self.host.run("cd / && runuser -u postgres -- psql -qtA -d shop", input=query)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    @property
    def columns(self) -> set[str]:
        """The columns of the orders."""
        query = "SELECT column_name FROM information_schema.columns WHERE table_name = '{}'"
        return set(self.sql(query.format("catalog_order")).split())

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold a lock on the products that readers do not mind."""
        unit = "systemd-run --quiet --unit=holder --uid=postgres --working-directory=/"
        self.host.run(f'{unit} psql -d shop -c "{HELD}"')
        self.wait(
            "SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(900)'"
            " AND state = 'active' AND pid <> pg_backend_pid()"
        )
        try:
            yield
        finally:
            self.host.run("systemctl stop holder")
            self.sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE query LIKE '%pg_sleep(900)' AND pid <> pg_backend_pid()"
            )

    def wait(self, query: str) -> None:
        """Wait until a query gives true."""
        ends = time.monotonic() + 60
        while self.sql(query) != "t":
            assert time.monotonic() < ends, query


@pytest.fixture(scope="module")
def on(host: LabHost, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("shop")
    project = Project(folder, (host,), shop(folder / "shop", url=URL), **QUICK)
    project.section("app", "env")["DATABASE_URL"] = {"secret": "DATABASE_URL"}
    project.section("app")["database"] = {"kind": "postgres", "url": {"secret": "DATABASE_URL"}}
    project.section("app", "health").update(interval="200ms", settle="200ms")
    project.environ["DATABASE_URL"] = URL
    project.write()
    project.must("setup")
    project.must("deploy", "--revision", "v1")
    return Shop(project, host)


def notices(events: Events) -> list[str]:
    return [str(one["text"]) for one in events if one["event"] == "Noticed"]


def told(events: Events) -> str:
    """What went wrong, for a test that fails."""
    return "; ".join(str(one.get("cause")) for one in events if one["event"] == "StepFailed")


def failure(events: Events) -> dict[str, object]:
    (one,) = (event for event in events if event["event"] == "StepFailed")
    return one


def last_run(on: Shop) -> dict[str, object]:
    rows = json.loads(on.project.inv("history", "--output", "json").stdout)
    found = rows["rows"][-1]
    assert isinstance(found, dict)
    return found


def test_an_additive_migration_is_told_and_applied(on: Shop) -> None:
    on.add("0003_note", NOTE.format(name="note"))
    code, events = on.deploy()

    assert code == 0, told(events)
    assert (
        "pending catalog.0003_note (additive): adds column catalog_order.note that may be empty"
        in (notices(events))
    )
    (done,) = (one for one in events if one["event"] == "StepFinished" and one["step"] == "migrate")
    assert done["note"] == "catalog.0003_note applied; the old code fits: yes"
    assert "note" in on.columns
    assert last_run(on)["schema"] == f"database: {done['note']}"


def test_a_destructive_migration_is_refused_and_nothing_is_touched(on: Shop) -> None:
    before = live(on.host, "shop")
    on.add("0004_drop", 'migrations.RemoveField("order", "note")')

    planned = on.project.inv("plan", "--revision", on.commit())
    code, events = on.deploy()

    assert code == 9, told(events)
    assert "drops column catalog_order.note" in planned.stdout
    failed = failure(events)
    assert "`catalog.0004_drop` drops column catalog_order.note: the old code names" in str(
        failed["cause"]
    )
    assert "--allow-destructive" in str(failed["hint"])
    assert ("note" in on.columns, live(on.host, "shop")) == (True, before)


def test_it_runs_when_it_is_allowed_and_the_way_back_over_it_is_refused(on: Shop) -> None:
    code, events = on.deploy("--allow-destructive")
    new = live(on.host, "shop")
    refused, answered = on.project.events("rollback")
    kept = live(on.host, "shop")
    record = on.host.run(f"cat /srv/shop/releases/{new}/release.json").stdout

    assert code == 0, told(events)
    assert "note" not in on.columns
    assert "destructive, allowed: catalog.0004_drop" in record
    assert (refused, kept) == (9, new)
    failed = failure(answered)
    assert "the older code fits: no, because catalog.0004_drop drops column" in str(failed["cause"])
    assert "inv restore --env lab --backup shop_" in str(failed["hint"])
    assert on.project.inv("rollback", "--allow-destructive").returncode == 0
    assert live(on.host, "shop") < new


def test_a_failure_half_way_says_which_are_applied_and_the_old_release_serves(on: Shop) -> None:
    before = live(on.host, "shop")
    on.add("0005_more", NOTE.format(name="more"))
    on.add("0006_fail", NOTE.format(name="lost") + ", migrations.RunPython(fail)", more=FAILS)
    on.add("0007_never", NOTE.format(name="never"))

    code, events = on.deploy()

    sentence = (
        "database: catalog.0005_more applied, catalog.0006_fail failed and was rolled back by "
        "PostgreSQL, catalog.0007_never not begun; the old code fits: yes"
    )
    assert code == 6, told(events)
    assert sentence in str(failure(events)["cause"])
    assert sentence in notices(events)
    assert sentence == last_run(on)["schema"]
    assert on.columns & {"more", "lost", "never"} == {"more"}
    assert (live(on.host, "shop"), on.project.healthz()["release"]) == (before, before)


def test_one_that_is_not_atomic_may_be_half_applied_and_that_is_said(on: Shop) -> None:
    on.last = "0005_more"
    added = NOTE.format(name="lost")
    on.add("0006_fail", f"{added}, migrations.RunPython(fail)", atomic=False, more=FAILS)

    code, events = on.deploy()

    assert code == 6, told(events)
    assert "lost" in on.columns
    assert (
        "database: catalog.0006_fail failed and may be half applied (it is not atomic), "
        "catalog.0007_never not begun; the old code fits: yes"
    ) in notices(events)


def test_a_lock_that_others_hold_ends_the_wait_with_a_clear_cause(on: Shop) -> None:
    on.sql("ALTER TABLE catalog_order DROP COLUMN lost")
    on.last = "0005_more"
    on.add("0006_fail", 'migrations.AddField("product", "size", models.TextField(null=True))')

    with on.held():
        code, events = on.deploy()

    failed = failure(events)
    assert code == 6, told(events)
    assert "canceling statement due to lock timeout" in str(failed["cause"])
    assert "lock_timeout" in str(failed["hint"])
    assert on.project.healthz()["status"] == "ok"


def test_after_a_crash_in_a_migration_its_session_is_gone_and_its_state_is_told(on: Shop) -> None:
    before = live(on.host, "shop")
    on.project.section("app", "migrations")["lock_timeout"] = "10m"
    on.project.write()
    waiting = (
        "SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name LIKE 'deployer %' "
        "AND wait_event_type = 'Lock'"
    )
    with on.held():
        words = [INV, "deploy", "--env", "lab", "--revision", on.commit()]
        places = {"cwd": on.project.folder, "env": on.project.environ}
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
        started = subprocess.Popen(words, **places, **quiet, stderr=subprocess.DEVNULL)  # type: ignore[call-overload]  # plain words
        on.wait(waiting)
        on.host.run("systemctl kill --signal=KILL --kill-whom=main 'deployer-shop-2*'")
        code = started.wait(timeout=120)
        listed = on.host.run("cat /var/lib/deployer/shop/schema.json").stdout
        left = on.sql(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'deployer %'"
        )

    last = json.loads(listed)["runs"][-1]
    assert code == 6
    assert left == "0"
    assert last["sentence"] == (
        "database: catalog.0006_fail not applied (what was begun of it, PostgreSQL has rolled "
        "back), catalog.0007_never not begun; the old code fits: yes"
    )
    assert (live(on.host, "shop"), on.project.healthz()["release"]) == (before, before)


def test_the_same_migrations_then_run_to_their_end(on: Shop) -> None:
    code, events = on.deploy()

    assert code == 0, told(events)
    assert on.project.healthz()["migrations"] == "ok"


def test_a_way_back_over_additive_migrations_is_free(on: Shop) -> None:
    on.last = "0007_never"
    on.add("0008_free", NOTE.format(name="free"))
    code, events = on.deploy()

    rolled = on.project.inv("rollback")

    assert code == 0, told(events)
    assert rolled.returncode == 0, rolled.stdout
    assert "the older code fits: yes, migrations since: catalog.0008_free" in rolled.stdout


def test_the_database_of_a_new_url_is_dumped_before_it_is_migrated_too(on: Shop) -> None:
    on.sql("CREATE DATABASE shop2 OWNER shop")
    on.project.environ["DATABASE_URL"] = f"{URL}2"

    code, events = on.deploy()

    rows = json.loads(on.project.must("backups", "--output", "json"))["rows"]
    of_run = [one["databases"] for one in rows if one["run"] == rows[-1]["run"]]
    assert code == 0, told(events)
    assert [one["place"] for found in of_run for one in found] == [
        "127.0.0.1:5432/shop",
        "127.0.0.1:5432/shop2",
    ]
