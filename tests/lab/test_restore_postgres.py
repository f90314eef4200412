"""A PostgreSQL database comes back with all that a real one has, or the backup says it cannot."""

from collections.abc import Iterator, Mapping

import pytest

from deployer.lab.lab import Lab
from tests.lab.test_agent_actions import Host, cause, with_agent

DUMP = {
    "kind": "DumpPostgres",
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
ROLES = """
CREATE ROLE shop LOGIN CREATEDB;
CREATE ROLE reader LOGIN;
CREATE DATABASE shop OWNER shop;
"""
MADE = """
CREATE EXTENSION citext;
CREATE SCHEMA stock;
GRANT USAGE ON SCHEMA stock TO reader;
CREATE TYPE mood AS ENUM ('glad', 'sad');
CREATE DOMAIN cents AS integer CHECK (VALUE >= 0);
CREATE TABLE people (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name citext UNIQUE,
  feels mood DEFAULT 'glad', owes cents DEFAULT 0,
  twice integer GENERATED ALWAYS AS (owes * 2) STORED);
COMMENT ON COLUMN people.name IS 'as they wrote it';
CREATE TABLE stock.items (id serial PRIMARY KEY, person bigint REFERENCES people ON DELETE CASCADE,
  at date NOT NULL DEFAULT current_date);
CREATE TABLE parts (id integer, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE parts_2026 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE UNLOGGED TABLE quick (id integer);
CREATE SEQUENCE tickets START 500 INCREMENT 7 CYCLE MAXVALUE 900;
CREATE VIEW names AS SELECT name FROM people;
CREATE MATERIALIZED VIEW totals AS SELECT count(*) AS items FROM stock.items;
CREATE INDEX lower_names ON people (lower(name::text)) WHERE owes > 0;
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
  $$ BEGIN NEW.owes := coalesce(NEW.owes, 0) + 1; RETURN NEW; END $$;
CREATE TRIGGER stamped BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION stamp();
CREATE TRIGGER asleep BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION stamp();
ALTER TABLE people DISABLE TRIGGER asleep;
INSERT INTO people (name) SELECT 'Ann ' || n FROM generate_series(1, 300) AS n;
INSERT INTO stock.items (person) SELECT n FROM generate_series(1, 300) AS n;
INSERT INTO parts VALUES (1, '2026-05-05');
INSERT INTO quick VALUES (1), (2);
REFRESH MATERIALIZED VIEW totals;
SELECT nextval('tickets'), nextval('tickets');
SELECT lo_from_bytea(4711, 'a large object'::bytea);
ALTER TABLE people ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON people FOR SELECT TO reader USING (name = current_user);
GRANT SELECT ON people, names TO reader;
GRANT UPDATE (feels) ON people TO reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA stock GRANT SELECT ON TABLES TO reader;
CREATE PUBLICATION of_items FOR TABLE stock.items;
REVOKE ALL ON DATABASE shop FROM PUBLIC;
GRANT CONNECT ON DATABASE shop TO reader WITH GRANT OPTION;
ALTER DATABASE shop SET statement_timeout TO '77s';
ALTER DATABASE shop CONNECTION LIMIT 60;
"""
PORTRAIT = r"""
WITH mine AS (SELECT oid, nspname FROM pg_namespace WHERE nspname IN ('public', 'stock'))
SELECT line FROM (
SELECT format('sequence %s.%s %s', schemaname, sequencename, last_value) FROM pg_sequences
UNION ALL SELECT format('extension %s %s', extname, extversion) FROM pg_extension
UNION ALL SELECT format('large object %s %s', oid, encode(lo_get(oid), 'escape'))
  FROM pg_largeobject_metadata
UNION ALL SELECT format('policy %s', to_json(p)) FROM pg_policies AS p
UNION ALL SELECT format('relation %s.%s %s %s %s %s', nspname, relname, relkind, relpersistence,
  relrowsecurity, pg_get_userbyid(relowner)) FROM pg_class JOIN mine ON mine.oid = relnamespace
UNION ALL SELECT format('grant %s %s', relname, one) FROM pg_class JOIN mine
  ON mine.oid = relnamespace, unnest(relacl) AS one
UNION ALL SELECT format('grant %s %s', attname, attacl) FROM pg_attribute WHERE attacl IS NOT NULL
  AND attrelid > 16383
UNION ALL SELECT format('schema %s %s', nspname, nspacl) FROM pg_namespace
  JOIN mine USING (oid, nspname)
UNION ALL SELECT format('default %s %s', defaclobjtype, defaclacl) FROM pg_default_acl
UNION ALL SELECT format('trigger %s %s', pg_get_triggerdef(oid), tgenabled) FROM pg_trigger
  WHERE NOT tgisinternal
UNION ALL SELECT format('function %s %s %s', proname, prosecdef, prosrc) FROM pg_proc
  JOIN mine ON mine.oid = pronamespace WHERE probin IS NULL
UNION ALL SELECT format('view %s %s', viewname, definition) FROM pg_views
  WHERE schemaname IN ('public', 'stock')
UNION ALL SELECT format('kept view %s %s %s', matviewname, ispopulated, definition)
  FROM pg_matviews
UNION ALL SELECT format('index %s', indexdef) FROM pg_indexes
  WHERE schemaname IN ('public', 'stock')
UNION ALL SELECT format('constraint %s %s', conname, pg_get_constraintdef(c.oid))
  FROM pg_constraint AS c JOIN mine ON mine.oid = connamespace
UNION ALL SELECT format('label %s', enumlabel) FROM pg_enum
UNION ALL SELECT format('comment %s', description) FROM pg_description WHERE objoid > 16383
UNION ALL SELECT format('publication %s %s', pubname, tablename) FROM pg_publication_tables
UNION ALL SELECT format('database %s %s %s', datname, pg_get_userbyid(datdba), datconnlimit)
  FROM pg_database WHERE datname = current_database()
UNION ALL SELECT format('database %s', one) FROM pg_database, unnest(datacl) AS one
  WHERE datname = current_database()
UNION ALL SELECT format('setting %s', setconfig) FROM pg_db_role_setting JOIN pg_database
  ON setdatabase = pg_database.oid WHERE datname = current_database()
UNION ALL SELECT format('rows %s', to_json(r)) FROM (SELECT (SELECT count(*) FROM people),
  (SELECT sum(twice) FROM people) AS twice, (SELECT count(*) FROM stock.items) AS items,
  (SELECT items FROM totals) AS kept, (SELECT count(*) FROM parts) AS parts,
  (SELECT count(*) FROM quick) AS quick) AS r
) AS lines (line) ORDER BY line COLLATE "C";
"""


@pytest.fixture(scope="module")
def host(spare_lab: Lab) -> Iterator[Host]:
    (booted,) = spare_lab.add(1, postgres=True)
    made = with_agent(booted)
    made.shell("useradd --system --user-group shop; mkdir -p /var/lib/deployer/shop")
    made.write("/etc/shop/app.env", 'DATABASE_URL="postgresql:///shop"\n')
    ask(made, ROLES, database="postgres")
    ask(made, MADE, user="shop")
    yield made
    spare_lab.remove(booted)


def ask(host: Host, sql: str, *, user: str = "postgres", database: str = "shop") -> str:
    words = f"psql -qtA -v ON_ERROR_STOP=1 -d {database}"
    return host.shell(f"cd /; runuser -u {user} -- {words}", sql)


def what(host: Host) -> Mapping[str, object]:
    name = host.shell("ls -t /opt/backups | head -1")
    return {"folder": "/opt/backups", "app": "shop", "backup": name, "dumps": [DUMP]}


@pytest.fixture(autouse=True)
def _a_run_of_its_own(host: Host) -> None:
    host.new_run()


def restored(host: Host) -> list[dict[str, object]]:
    wish = what(host)
    names = ("CheckBackup", "RestoreBeside", "SwapRestored")
    return host.do(*({"action": name, "what": wish} for name in names))


def test_a_restore_brings_back_all_that_a_real_database_has(host: Host) -> None:
    before = ask(host, PORTRAIT).splitlines()
    assert host.do(BACKUP) == [{"changed": True}]
    ask(host, "DROP SCHEMA stock CASCADE; DELETE FROM people; SELECT lo_unlink(4711)", user="shop")
    ask(host, "SELECT nextval('tickets')")

    done = restored(host)

    after = ask(host, PORTRAIT).splitlines()
    assert [one.get("cause") for one in done] == [None] * 3, done
    assert after == before
    assert any(line.startswith("rows ") and '"count":300' in line for line in after)


def test_the_way_back_gives_the_changed_database_again(host: Host) -> None:
    host.do(BACKUP)
    wish = what(host)
    ask(host, "INSERT INTO quick VALUES (3)")
    before = ask(host, PORTRAIT)
    restored(host)

    undone = host.do({"action": "SwapBack", "what": wish}, {"action": "DropBeside", "what": wish})

    assert [one.get("cause") for one in undone] == [None] * 2, undone
    assert ask(host, PORTRAIT) == before


def test_forced_row_security_refuses_the_backup_as_no_dump_may_be_cut(host: Host) -> None:
    ask(host, "ALTER TABLE people FORCE ROW LEVEL SECURITY")

    refused = host.do(BACKUP)

    ask(host, "ALTER TABLE people NO FORCE ROW LEVEL SECURITY")
    assert "row-level security" in cause(refused)


def test_an_extension_that_only_a_superuser_may_make_is_told_with_the_backup(host: Host) -> None:
    ask(host, "CREATE EXTENSION pg_stat_statements")

    made = host.do(BACKUP)
    record = host.shell("cat $(ls -td /opt/backups/shop_* | head -1)/backup.json")
    refused = restored(host)

    ask(host, "DROP EXTENSION pg_stat_statements")
    assert made == [{"changed": True}]
    assert "only a superuser may make its extensions (pg_stat_statements)" in record
    assert "ERROR:  permission denied to create extension" in cause(refused)
    assert "300" in ask(host, "SELECT count(*) FROM people")
