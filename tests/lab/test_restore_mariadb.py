"""A MariaDB database comes back by one rename of all its tables; the old tables are kept."""

import json
from collections.abc import Iterator, Mapping

import pytest

from deployer.lab.lab import Lab
from tests.lab.test_agent_actions import Host, cause, with_agent

URL = "mysql:///shop?unix_socket=/run/mysqld/mysqld.sock"
DUMP = {
    "kind": "DumpMysql",
    "user": "shop",
    "env_files": ["/etc/shop/app.env"],
    "url_variable": "DATABASE_URL",
}
BACKUP: Mapping[str, object] = {
    "action": "Backup",
    "folder": "/opt/backups",
    "app": "shop",
    "dumps": [DUMP],
}
TABLES = """
CREATE DATABASE shop CHARACTER SET utf8mb4;
CREATE USER shop@localhost IDENTIFIED VIA unix_socket;
GRANT ALL ON shop.* TO shop@localhost;
USE shop;
CREATE TABLE people (id INT PRIMARY KEY AUTO_INCREMENT, name TEXT);
CREATE TABLE orders (id INT PRIMARY KEY AUTO_INCREMENT, person INT,
  CONSTRAINT of_person FOREIGN KEY (person) REFERENCES people (id));
CREATE TABLE django_migrations (id INT PRIMARY KEY AUTO_INCREMENT, app TEXT, name TEXT);
INSERT INTO people (name) VALUES ('Ann'), ('Bob''s; "x"\\n(y)');
INSERT INTO orders (person) SELECT 1 FROM seq_1_to_500;
INSERT INTO django_migrations (app, name) VALUES ('shop', '0001_initial');
"""


@pytest.fixture(scope="module")
def host(spare_lab: Lab) -> Iterator[Host]:
    (booted,) = spare_lab.add(1, mariadb=True)
    made = with_agent(booted)
    made.shell("useradd --system --user-group shop; mkdir -p /var/lib/deployer/shop")
    made.write("/etc/shop/app.env", f'DATABASE_URL="{URL}"\n')
    made.shell("mariadb", TABLES)
    yield made
    spare_lab.remove(booted)


def ask(host: Host, sql: str) -> str:
    return host.shell(f"mariadb -N -B -e {json.dumps(sql).replace('`', '')}")


def schemas(host: Host) -> list[str]:
    return [one for one in ask(host, "SHOW DATABASES LIKE 'shop%'").split() if one != "shop"]


def what(host: Host) -> Mapping[str, object]:
    name = host.shell("ls /opt/backups | tail -1")
    return {"folder": "/opt/backups", "app": "shop", "backup": name, "dumps": [DUMP]}


def orders(host: Host, schema: str = "shop") -> int:
    return int(ask(host, f"SELECT COUNT(*) FROM {schema}.orders"))


def test_a_missing_right_is_named_with_its_grant(host: Host) -> None:
    assert host.do(BACKUP) == [{"changed": True}]

    refused = host.do({"action": "CheckBackup", "what": what(host)})

    assert "may not create a schema" in cause(refused)
    assert "GRANT ALL ON `shop\\_%`.* TO 'shop'@'localhost'" in str(refused[-1]["hint"])
    host.shell("mariadb", "GRANT ALL ON `shop\\_%`.* TO 'shop'@'localhost'")


def test_a_restore_swaps_all_tables_at_once_and_undo_swaps_them_back(host: Host) -> None:
    host.do(BACKUP)
    wish = what(host)
    ask(host, "INSERT INTO shop.orders (person) VALUES (1), (2), (2)")

    names = ("CheckBackup", "RestoreBeside", "SwapRestored")
    done = host.do(*({"action": name, "what": wish} for name in names))
    (kept,) = schemas(host)
    after = (orders(host), orders(host, kept))
    ask(host, "INSERT INTO shop.orders (person) VALUES (2)")
    undone = [
        host.do({"action": "SwapBack", "what": wish}, {"action": "DropBeside", "what": wish})
        for _ in range(2)
    ]

    (tried,) = schemas(host)
    assert [one.get("changed") for one in done] == [False, True, True], done
    assert after == (500, 503)
    assert (orders(host), orders(host, tried)) == (503, 501)
    assert [one.get("changed") for one in undone[0]] == [True, False], undone
    assert [one.get("changed") for one in undone[1]] == [False, False], undone
    refused = host.do({"action": "RestoreBeside", "what": {**wish, "backup": "shop_x"}})
    assert "there is no backup" in cause(refused)
    ask(host, f"DROP DATABASE {tried}")
    assert "of_person" in ask(host, "SHOW CREATE TABLE shop.orders")


def test_a_restore_test_leaves_nothing_behind(host: Host) -> None:
    host.do(BACKUP)
    left = "shop_scratch_20260101_120000_abcd"
    ask(host, f"CREATE DATABASE {left}")

    done = host.do({"action": "RehearseRestore", "what": what(host)})

    assert done == [{"changed": True}]
    assert schemas(host) == []
    assert "restore_tested" in host.shell(
        "cat /opt/backups/$(ls /opt/backups | tail -1)/backup.json"
    )


def test_what_no_rename_moves_is_refused_before_anything_is_done(host: Host) -> None:
    host.shell("runuser -u shop -- mariadb shop -e 'CREATE VIEW names AS SELECT name FROM people'")
    host.do(BACKUP)

    refused = host.do({"action": "CheckBackup", "what": what(host)})
    tested = host.do({"action": "RehearseRestore", "what": what(host)})

    assert "view names" in cause(refused)
    assert tested == [{"changed": True}], tested
    assert schemas(host) == []
