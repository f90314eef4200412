"""Backups on a real host: three real servers under load, broken ones, and a second machine."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import TypedDict

import pytest

from deployer.lab.lab import Lab
from tests.lab.backup_scripts import CORRUPT, MARIADB, OLD_TOOL, POSTGRES, RESTORED, SQLITE, WRITER
from tests.lab.test_agent_actions import Host, with_agent

HUSH = "p@ss \"w'#x"
IN_A_URL = "p%40ss%20%22w%27%23x"
PLACE = "/opt/backups"
DUMPS: Mapping[str, Mapping[str, object]] = {
    "sqlite": {"kind": "DumpSqlite", "path": "/srv/shop/shared/db.sqlite3"},
    "postgres": {
        "kind": "DumpPostgres",
        "user": "shop",
        "env_files": ["/etc/shop/postgres.env"],
        "url_variable": "DATABASE_URL",
    },
    "mysql": {
        "kind": "DumpMysql",
        "user": "shop",
        "env_files": ["/etc/shop/mysql.env"],
        "url_variable": "DATABASE_URL",
    },
}


class Database(TypedDict):
    kind: str
    part: str
    tables: dict[str, int]
    migrations: list[str]


class Record(TypedDict):
    name: str
    run: str
    databases: list[Database]


def wish(*kinds: str, **more: object) -> dict[str, object]:
    dumps = [DUMPS[kind] for kind in kinds]
    return {"action": "Backup", "folder": PLACE, "app": "shop", "dumps": dumps, **more}


@pytest.fixture(scope="module")
def host(spare_lab: Lab) -> Iterator[Host]:
    """A host with all three kinds of databases, 20,000 rows in each."""
    (booted,) = spare_lab.add(1, postgres=True, mariadb=True)
    made = with_agent(booted)
    made.shell("useradd --system --user-group --home-dir /srv/shop shop")
    made.shell("mkdir -p /srv/shop/shared/media && chown -R shop: /srv/shop/shared")
    url = f"shop:{IN_A_URL}@127.0.0.1"
    made.write("/etc/shop/postgres.env", f'DATABASE_URL="postgres://{url}:5432/shop"\n')
    made.write("/etc/shop/mysql.env", f'DATABASE_URL="mysql+pymysql://{url}:3306/shop"\n')
    made.write("/tmp/postgres.sql", POSTGRES)
    made.write("/tmp/mariadb.sql", MARIADB)
    made.write("/tmp/sqlite.py", SQLITE)
    made.write("/tmp/writer.sh", WRITER)
    made.shell("cd / && su postgres -c 'psql -qv ON_ERROR_STOP=1 -f /tmp/postgres.sql'")
    made.shell("mariadb < /tmp/mariadb.sql")
    made.shell("runuser -u shop -- python3 /tmp/sqlite.py make")
    yield made
    spare_lab.remove(booted)


def records(host: Host) -> list[Record]:
    """The records of all backups, the oldest first."""
    listed = host.shell(f"ls -tr {PLACE}/*/backup.json 2>/dev/null || true").split()
    return [json.loads(host.shell(f"cat {one}")) for one in listed]


def cause(done: list[dict[str, object]]) -> str:
    return str(done[-1].get("cause"))


@pytest.mark.parametrize("kind", ["postgres", "mysql", "sqlite"])
def test_a_dump_under_load_holds_exactly_the_rows_that_its_record_says(host, kind):
    host.shell(f"systemd-run --quiet --unit=writer-{kind} sh /tmp/writer.sh {kind}")
    host.shell(
        "for i in $(seq 100); do test -e /tmp/wrote && break; sleep 0.1; done; rm /tmp/wrote"
    )
    host.new_run()

    done = host.do(wish(kind))

    host.shell(f"systemctl stop writer-{kind}")
    assert done == [{"changed": True}]
    record = records(host)[-1]
    (database,) = record["databases"]
    part = f"{PLACE}/{record['name']}/{database['part']}"
    restored = json.loads(host.shell(f"sh -s {kind} {part}", RESTORED))
    assert database["kind"] == kind
    assert {one: database["tables"][name] for one, name in named(kind).items()} == restored
    assert restored["orders"] == restored["items"] > 20_000
    assert database["migrations"] == ["shop.0001_initial", "shop.0002_total"]
    assert record["run"]
    assert HUSH not in json.dumps(record)


def named(kind: str) -> dict[str, str]:
    front = "public." if kind == "postgres" else ""
    return {"orders": f"{front}orders", "items": f"{front}items"}


@pytest.mark.parametrize(
    ("kind", "programs", "look"),
    [("postgres", ("psql", "pg_dump"), ""), ("mysql", ("mariadb", "mariadb-dump"), "; env")],
)
def test_a_password_is_no_argument_of_any_program(host, kind, programs, look):
    host.shell("install -m 666 /dev/null /tmp/seen")
    for name in programs:
        spy = f'#!/bin/sh\n{{ echo "$0 $*"{look}; }} >> /tmp/seen\nexec /usr/bin/{name} "$@"\n'
        host.write(f"/usr/local/bin/{name}", spy)
        host.shell(f"chmod 755 /usr/local/bin/{name}")

    done = host.do(wish(kind))

    host.shell(f"cd /usr/local/bin && rm {' '.join(programs)}")
    seen = host.shell("cat /tmp/seen")
    assert done == [{"changed": True}]
    assert all(f"/usr/local/bin/{name} " in seen for name in programs)
    assert HUSH not in seen
    assert host.shell("ls -d /run/dump-* 2>/dev/null || true") == ""


@pytest.mark.parametrize(
    ("kind", "program", "said"),
    [
        ("postgres", "pg_dump (PostgreSQL) 9.6.24", "`pg_dump (PostgreSQL) 9.6.24` is older than"),
        ("mysql", "mariadb-dump from 10.3.1-MariaDB", "from 10.3.1-MariaDB` is older than"),
    ],
)
def test_a_client_older_than_the_server_is_refused_by_name(host, kind, program, said):
    name = {"postgres": "pg_dump", "mysql": "mariadb-dump"}[kind]
    before = len(records(host))
    host.write(f"/usr/local/bin/{name}", OLD_TOOL.format(version=program))
    host.shell(f"chmod 755 /usr/local/bin/{name}")

    done = host.do(wish(kind))

    host.shell(f"rm /usr/local/bin/{name}")
    assert said in cause(done)
    assert re.search(r"15\.\d+|10\.11\.\d+", cause(done))
    assert len(records(host)) == before


@pytest.mark.parametrize("kind", ["postgres", "mysql"])
def test_a_dump_that_was_cut_although_its_program_ended_well_is_found(host, kind):
    name, real = {
        "postgres": ("pg_dump", "/usr/bin/pg_dump"),
        "mysql": ("mariadb-dump", "/usr/bin/mariadb-dump"),
    }[kind]
    before = len(records(host))
    cut = f'case "$*" in *--version*|*--help*) exec {real} "$@";; esac; {real} "$@" | head -c 40000'
    host.write(f"/usr/local/bin/{name}", f"#!/bin/sh\n{cut}; exit 0\n")
    host.shell(f"chmod 755 /usr/local/bin/{name}")

    done = host.do(wish(kind))

    host.shell(f"rm /usr/local/bin/{name}")
    assert "the dump was read back" in cause(done)
    assert len(records(host)) == before


def test_a_server_that_is_down_stops_everything_before_anything_changed(host):
    host.shell("systemctl stop mariadb")

    done = host.do(wish("mysql"), {"action": "MakeFolder", "path": "/tmp/went-on"})

    host.shell("systemctl start mariadb")
    assert "could not be asked" in cause(done)
    assert host.shell("ls /tmp/went-on 2>&1 || true").endswith("No such file or directory")


def test_nothing_is_migrated_without_a_backup_of_this_very_run(host):
    gate = {"action": "RequireBackup", "folder": PLACE, "database": DUMPS["postgres"]}
    migrate = {"action": "Run", "command": ["touch", "/tmp/migrated"], "user": "shop"}
    host.do(wish("postgres"))  # of an earlier run
    host.new_run()

    refused = host.do(gate, migrate)
    host.do(wish("sqlite"))  # of another database
    refused_again = host.do(gate, migrate)
    untouched = host.shell("ls /tmp/migrated 2>&1 || true")
    allowed = host.do(wish("postgres"), gate, migrate)

    assert "nothing is migrated" in cause(refused)
    assert "nothing is migrated" in cause(refused_again)
    assert untouched.endswith("No such file or directory")
    assert [one.get("cause") for one in allowed] == [None] * 3


def test_shared_files_are_packed_by_the_app_and_nothing_but_theirs(host):
    host.shell(
        "cd /srv/shop/shared && echo picture > media/a.jpg && ln -s /etc/shadow media/link && "
        "ln media/a.jpg media/b.jpg && mkdir -p media/disk && chown -R shop: media && "
        "mount -t tmpfs none media/disk && echo far > media/disk/far"
    )
    shared = {"kind": "SharedFiles", "folder": "/srv/shop/shared", "paths": [""], "without": []}
    host.new_run()

    done = host.do(wish(shared=shared), {"action": "VerifyBackups", "folder": PLACE})

    host.shell("umount /srv/shop/shared/media/disk")
    packed = f"{PLACE}/{records(host)[-1]['name']}/shared.tar.gz"
    listed = host.shell(f"tar -tzf {packed}").split()
    assert [one.get("cause") for one in done] == [None, None]
    assert {"shared/media/a.jpg", "shared/media/b.jpg", "shared/media/link"} <= set(listed)
    assert not any("far" in one for one in listed)
    assert host.shell(f"stat -c '%a %U' {packed}") == "600 root"
    assert "root:" not in host.shell(f"tar -xzOf {packed} shared/media/link || true")


def test_a_hundred_of_a_hundred_corrupted_backups_are_found(host):
    host.shell("rm -rf /opt/backups")
    shared = {"kind": "SharedFiles", "folder": "/srv/shop/shared", "paths": ["media"]}
    folder = "/srv/shop/releases/000001-aaaaaaa"
    host.shell(f"mkdir -p {folder} && cp -r /etc/ssl {folder}/")
    release = {"release": "000001-aaaaaaa", "release_folder": folder}
    for kind in DUMPS:
        for _ in range(2):
            assert host.do(wish(kind, shared=shared, **release)) == [{"changed": True}]
    seed = 20261125

    found = json.loads(
        host.shell("cat > /tmp/corrupt.py && python3 /tmp/corrupt.py 100 " + str(seed), CORRUPT)
    )

    assert found["whole"] == 6, found
    assert found["fed"] == 100
    assert found["undetected"] == [], f"seed {seed}"
    assert found["undetected_without_sha256"], "the negative control must let some pass"
    assert found["undetected_without_reading_back"] == []
