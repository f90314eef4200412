"""Dump a PostgreSQL database, with the rows that were in it at that very moment.

The counts come from the snapshot that pg_dump dumps (`--snapshot`): what a restore gives must be
equal to them, however much was written meanwhile.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path

from deployer.agent.backups.archive import Damaged, Written, sha256_of
from deployer.agent.backups.dumped import TIMEOUT, Dumped, database_url, require
from deployer.agent.context import ActionFailed, Context
from deployer.agent.databases.postgres_url import NotPostgres, postgres_environment
from deployer.agent.databases.psql import Psql
from deployer.agent.system.people import reader_of
from deployer.agent.text import fields

PART = "database.dump"
SAMPLE = 50
"""So many tables are counted: the largest ones below the limit."""
LIMIT = 2 * 1024**3
"""Bytes of a table above which its rows are not counted: that would take minutes."""
_WORDS = ("pg_dump", "--format=custom", "--compress=1", "--no-password")
_SERVER = "SELECT current_setting('server_version_num'), current_setting('server_version')"
_QUIET = "SET statement_timeout = 0;\nSET idle_in_transaction_session_timeout = 0;"
_SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;\nSELECT pg_export_snapshot();"
_COUNTS = f"""
SELECT format('SELECT json_build_array(%L::text, (SELECT count(*) FROM ONLY %I.%I))',
              format('%I.%I', n.nspname, c.relname), n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence = 'p'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
  AND pg_table_size(c.oid) <= {LIMIT}
ORDER BY pg_table_size(c.oid) DESC, n.nspname, c.relname LIMIT {SAMPLE} \\gexec
"""  # noqa: S608  numbers of ours; names of tables are quoted by format()
_UNTRUSTED = """
SELECT to_json(e.extname::text) FROM pg_extension e JOIN pg_available_extension_versions v
  ON v.name = e.extname AND v.version = e.extversion
WHERE e.extname <> 'plpgsql' AND v.superuser {}
  AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) ORDER BY e.extname;
"""
_TRUSTED_SINCE = 130000
_THERE = "SELECT to_regclass('django_migrations'), to_regclass('alembic_version')"
_DJANGO = "SELECT to_json(app || '.' || name) FROM {} ORDER BY id;"
_ALEMBIC = "SELECT to_json(version_num::text) FROM {} ORDER BY 1;"


def dump(ctx: Context, wish: Mapping[str, object], folder: Path) -> Dumped:
    """Dump it as the app's user and read the dump back to its end."""
    user = fields.text(wish, "user")
    env = _environment(ctx, wish)
    target = folder / PART
    with Psql(ctx, user, env, TIMEOUT) as asked:
        name = asked("SELECT current_database();")[0]
        number, server = asked(f"{_SERVER};")[0].split("|")
        tool = _fitting_tool(ctx, user, int(number) // 10000, server)
        asked(_QUIET)
        snapshot = asked(_SNAPSHOT)[0]
        _dump(ctx, user, env, (target, snapshot))
        tables = dict(json.loads(line) for line in asked(_COUNTS))
        migrations = migrations_in(asked)
        notes = _notes(asked, int(number))
    _read_back(ctx, target)
    return Dumped(
        Written(target.name, target.stat().st_size, sha256_of(target)),
        kind="postgres",
        name=name,
        tables=tables,
        migrations=migrations,
        tool=tool,
        server=f"PostgreSQL {server}",
        notes=notes,
    )


def place(ctx: Context, wish: Mapping[str, object]) -> str:
    """Give host, port and name, as libpq would fill in what the URL leaves out."""
    env = _environment(ctx, wish)
    user = env.get("PGUSER") or fields.text(wish, "user")
    return f"{env.get('PGHOST', '')}:{env.get('PGPORT', '')}/{env.get('PGDATABASE') or user}"


def check(ctx: Context, part: Path, _database: Mapping[str, object]) -> None:
    """Read a dump to its end, as a user who can harm nobody; raises Damaged."""
    # `-l` alone passes dumps that are cut, so the second one reads all the data.
    for flag in ("--list", "--file=/dev/null"):
        with part.open("rb") as source:
            words = ("pg_restore", flag)
            read = ctx.execute(
                words, user=reader_of(ctx), feed=source.fileno(), quiet=True, timeout=TIMEOUT
            )
        if not read.ok:
            last = read.lines[-1] if read.lines else read.problem
            raise Damaged(f"`{part.name}` cannot be read by `pg_restore {flag}`: {last}")


def _environment(ctx: Context, wish: Mapping[str, object]) -> dict[str, str]:
    try:
        return postgres_environment(database_url(ctx, wish))
    except NotPostgres as error:
        raise ActionFailed(f"{error} (`{fields.text(wish, 'url_variable')}`)") from error


def _dump(ctx: Context, user: str, env: Mapping[str, str], to: tuple[Path, str]) -> None:
    target, snapshot = to
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    descriptor = os.open(target, flags, 0o600)
    try:
        words = (*_WORDS, f"--snapshot={snapshot}")
        made = ctx.execute(words, user=user, env=env, sink=descriptor, quiet=True, timeout=TIMEOUT)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    hint = "May this user read every table? `GRANT pg_read_all_data TO …` on the database host."
    require(made, "the PostgreSQL database", hint)


def _fitting_tool(ctx: Context, user: str, major: int, server: str) -> str:
    """Give the version of pg_dump; refuse one older than the server, whose dumps may be empty."""
    asked = ctx.execute(("pg_dump", "--version"), user=user, quiet=True, timeout=20)
    said = asked.stdout.decode("utf-8", "replace").strip()
    found = re.search(r"(\d+)(?:\.\d+)?", said)
    hint = f"Install postgresql-client-{major} or newer on this host."
    if not asked.ok or not found:
        last = asked.lines[-1] if asked.lines else asked.problem
        raise ActionFailed(f"`pg_dump --version` does not work on this host: {last}", hint)
    if int(found.group(1)) < major:
        raise ActionFailed(f"`{said}` is older than the server, PostgreSQL {server}", hint)
    return said


def migrations_in(asked: Psql) -> tuple[str, ...]:
    """Give the migrations that are applied in the database of a conversation."""
    django, alembic = asked(f"{_THERE};")[0].split("|")
    lines: list[str] = []
    if django:
        lines += asked(_DJANGO.format(django))
    if alembic:
        lines += asked(_ALEMBIC.format(alembic))
    return tuple(str(json.loads(line)) for line in lines)


def _notes(asked: Psql, version: int) -> tuple[str, ...]:
    """Say early what a restore as this role would fail on."""
    trusted = "AND NOT v.trusted" if version >= _TRUSTED_SINCE else ""
    found: list[str] = []
    with contextlib.suppress(ActionFailed):  # a warning that cannot be given stops no backup
        found = [str(json.loads(line)) for line in asked(_UNTRUSTED.format(trusted))]
    said = (
        f"only a superuser may make its extensions ({', '.join(found)}): `inv restore` fails with "
        "this dump, the guide on PostgreSQL says how to take it back"
    )
    return (said,) if found else ()


def _read_back(ctx: Context, target: Path) -> None:
    try:
        check(ctx, target, {})
    except Damaged as error:
        raise ActionFailed(f"the dump was read back: {error}", "Is the disk full?") from error
