"""MariaDB commits each change of a table at once: what is left half way is told exactly."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployer.lab.lab import Lab
from deployer.lab.machine import wait_until
from tests.apps import shop_on_mariadb
from tests.lab.outside import live
from tests.lab.project import INV, Project
from tests.lab.test_migrations import (
    FAILS,
    NOTE,
    PROJECT,
    QUICK,
    Shop,
    failure,
    last_run,
    notices,
    told,
)
from tests.lab.test_restore import GRANTS

URL = "mysql://shop:secret@127.0.0.1:3306/shop"


class MariadbShop(Shop):
    """The shop with its database in MariaDB."""

    def sql(self, query: str) -> str:
        done = self.host.run("mariadb -N -B shop", input=query)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def wait_for(self, condition: str) -> None:
        """Wait until the server has a session of that kind."""
        found = f"SELECT COUNT(*) FROM information_schema.processlist WHERE {condition}"
        assert wait_until(lambda: self.sql(found) != "0", seconds=60), condition


@pytest.fixture(scope="module")
def on(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariadbShop]:
    with Lab(f"mariadb-{os.getpid()}", project=PROJECT) as lab:
        (host,) = lab.up(1, mariadb=True)
        assert host.run("mariadb", input=GRANTS.format("shop")).returncode == 0
        folder: Path = tmp_path_factory.mktemp("shop")
        project = Project(folder, (host,), shop_on_mariadb(folder / "shop", url=URL), **QUICK)
        project.section("app", "health").update(interval="200ms", settle="200ms")
        project.write()
        project.must("setup")
        project.must("deploy", "--revision", "mariadb")
        yield MariadbShop(project, host, "mariadb")


def test_an_additive_migration_is_told_applied_and_dumped_before(on: MariadbShop) -> None:
    on.add("0003_note", NOTE.format(name="note"))

    code, events = on.deploy()

    assert code == 0, told(events)
    (done,) = (one for one in events if one["event"] == "StepFinished" and one["step"] == "migrate")
    assert done["note"] == "catalog.0003_note applied; the old code fits: yes"
    assert "note" in on.columns
    assert "INSERT INTO `django_migrations`" in on.host.run("zcat /opt/backups/*/*.sql.gz").stdout


def test_a_failure_half_way_says_which_are_applied_and_the_old_release_serves(
    on: MariadbShop,
) -> None:
    before = live(on.host, "shop")
    on.add("0004_more", NOTE.format(name="more"))
    on.add("0005_fail", NOTE.format(name="lost") + ", migrations.RunPython(fail)", more=FAILS)
    on.add("0006_never", NOTE.format(name="never"))

    code, events = on.deploy()

    sentence = (
        "database: catalog.0004_more applied, catalog.0005_fail failed and may be half applied "
        "(it is not atomic), catalog.0006_never not begun; the old code fits: yes"
    )
    assert code == 6, told(events)
    assert sentence in str(failure(events)["cause"])
    assert sentence in notices(events)
    assert sentence == last_run(on)["schema"]
    assert on.columns & {"more", "lost", "never"} == {"more", "lost"}
    assert (live(on.host, "shop"), on.project.healthz()["release"]) == (before, before)


def test_once_the_half_is_taken_back_the_same_migrations_run_to_their_end(
    on: MariadbShop,
) -> None:
    on.sql("ALTER TABLE catalog_order DROP COLUMN lost")
    on.last = "0004_more"
    on.add("0005_fail", NOTE.format(name="lost"))

    code, events = on.deploy()

    assert code == 0, told(events)
    assert {"more", "lost", "never"} <= on.columns
    assert on.project.healthz()["migrations"] == "ok"


def test_after_a_crash_in_a_migration_its_statement_is_ended_and_its_state_is_told(
    on: MariadbShop,
) -> None:
    before = live(on.host, "shop")
    on.last = "0006_never"
    slow = "CREATE TABLE late AS SELECT BENCHMARK(4000000000, MD5(1)) AS x"
    on.add("0007_late", f'migrations.RunSQL("{slow}")', more='deployer = "additive"')
    words = [INV, "deploy", "--env", "lab", "--revision", on.commit()]
    places = {"cwd": on.project.folder, "env": on.project.environ}
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
    started = subprocess.Popen(words, **places, **quiet, stderr=subprocess.DEVNULL)  # type: ignore[call-overload]  # plain words
    on.wait_for("info LIKE 'CREATE TABLE late%'")
    on.host.run("systemctl kill --signal=KILL --kill-whom=all 'deployer-shop-2*'")

    code = started.wait(timeout=120)

    listed = on.host.run("cat /var/lib/deployer/shop/schema.json").stdout
    at_work = on.sql(
        "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'CREATE%'"
    )
    assert code == 6
    assert at_work == "0"
    assert json.loads(listed)["runs"][-1]["sentence"] == (
        "database: catalog.0007_late was cut off or not begun, and may be half applied (it is not "
        "atomic); the old code fits: yes"
    )
    assert (live(on.host, "shop"), on.project.healthz()["release"]) == (before, before)


def test_a_database_that_only_a_person_can_take_back_is_told_at_every_backup(
    on: MariadbShop,
) -> None:
    on.sql("CREATE DEFINER = shop@localhost VIEW mails AS SELECT email FROM catalog_order")

    code, events = on.project.events("backup")
    listed = json.loads(on.project.must("backups", "--output", "json"))["rows"][-1]

    assert code == 0, told(events)
    assert [one for one in notices(events) if "view mails" in one and "by hand" in one]
    assert "view mails" in str(listed["databases"])


def test_a_dump_with_views_is_refused_though_the_live_database_has_none_left(
    on: MariadbShop,
) -> None:
    listed = json.loads(on.project.must("backups", "--output", "json"))["rows"][-1]
    on.sql("DROP VIEW mails")
    chosen = ("--backup", str(listed["name"]), "--database")
    since = ("--yes-i-lose-writes-since", str(listed["created"])[:16])

    done = on.project.inv("restore", *chosen, *since)

    said = done.stdout + done.stderr
    assert done.returncode == 9, said
    assert "the dump holds what no rename moves: view mails" in said, said
    assert on.sql("SHOW DATABASES LIKE 'shop\\_%'") == ""
    assert on.project.healthz()["status"] == "ok"
