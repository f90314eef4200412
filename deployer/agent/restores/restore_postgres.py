"""Restore a PostgreSQL database: a new one beside, swapped by two renames in one transaction."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping

from deployer.agent.backups.dump_postgres import migrations_in
from deployer.agent.backups.dumped import TIMEOUT, counts, database_url
from deployer.agent.context import ActionFailed, Context
from deployer.agent.databases.postgres_admin import Admin, identifier, literal
from deployer.agent.databases.postgres_url import NotPostgres, postgres_environment
from deployer.agent.databases.psql import Psql
from deployer.agent.restores.restoration import Wish, is_scratch, names, scratch_name
from deployer.agent.restores.restored import Found, Kept, need
from deployer.agent.text import fields

_LOCAL = ("", "localhost", "127.0.0.1", "::1")
_DATA = "/var/lib/postgresql"
_SPARE = 64 * 1024 * 1024
_RIGHTS = """
SELECT json_build_object(
  'name', d.datname, 'role', current_user, 'owner', pg_get_userbyid(d.datdba),
  'owns', pg_has_role(current_user, d.datdba, 'MEMBER'),
  'creates', r.rolcreatedb OR r.rolsuper, 'size', pg_database_size(d.oid),
  'strangers', (SELECT json_agg(DISTINCT a.usename) FROM pg_stat_activity a
    WHERE a.datname = d.datname AND a.backend_type = 'client backend' AND a.usesysid IS NOT NULL
    AND NOT pg_has_role(current_user, a.usesysid, 'MEMBER')
    AND NOT pg_has_role(current_user, 'pg_signal_backend', 'MEMBER')))
FROM pg_database d, pg_roles r WHERE d.datname = current_database() AND r.rolname = current_user;
"""


class RestorePostgres:
    """One database of a server, as the app's role."""

    def __init__(self, ctx: Context, wish: Wish) -> None:
        self._ctx = ctx
        self._wish = wish
        self._dump = wish.dump or {}
        self._user = fields.text(self._dump, "user")
        try:
            self._env = postgres_environment(database_url(ctx, self._dump))
        except NotPostgres as error:
            raise ActionFailed(f"{error} (`{fields.text(self._dump, 'url_variable')}`)") from error
        self._admin = Admin(ctx, self._user, self._env)
        self._live = self._env.get("PGDATABASE") or self._env.get("PGUSER") or self._user
        self._names = names(self._live, ctx.run)

    def check(self) -> str:
        rights = self._rights()
        role, name = str(rights["role"]), str(rights["name"])
        as_root = "sudo -u postgres psql --command"
        if rights["creates"] is not True:
            hint = f"On the database's host: {as_root} 'ALTER ROLE {identifier(role)} CREATEDB'"
            raise ActionFailed(f"the role `{role}` may not create a database", hint)
        if rights["owns"] is not True:
            hint = (
                f"On the database's host: {as_root} "
                f"'ALTER DATABASE {identifier(name)} OWNER TO {identifier(role)}'"
            )
            owner = rights["owner"]
            raise ActionFailed(
                f"`{name}` belongs to `{owner}`, so `{role}` may not rename it", hint
            )
        strangers = rights["strangers"]
        if isinstance(strangers, list):
            hint = (
                "End them, or on the database's host: "
                f"{as_root} 'GRANT pg_signal_backend TO {identifier(role)}'"
            )
            listed = ", ".join(map(str, strangers))
            raise ActionFailed(f"sessions of `{listed}` on `{name}` could not be ended", hint)
        self._admin.databases(self._live)
        self._check_room(rights)
        return f"`{role}` may create and rename databases"

    def beside(self) -> Found:
        return self._restored(self._names.beside)

    def drop_beside(self) -> bool:
        return self._admin.drop(self._names.beside)

    def swap(self) -> Kept:
        there = self._admin.databases(self._names.beside, self._names.kept)
        if self._names.beside in there:
            self._admin.rename((self._live, self._names.kept), (self._names.beside, self._live))
        return _kept(self._names.kept)

    def swap_back(self) -> Kept:
        there = self._admin.databases(self._live, self._names.kept)
        if self._names.kept not in there:
            if there.get(self._live) is False:
                self._admin.allow(self._live)  # it was fenced, and never renamed
            return Kept("")
        renames = [(self._names.kept, self._live)]
        if self._live in there:
            renames.insert(0, (self._live, self._names.tried))
        self._admin.rename(*renames)
        return _kept(self._names.tried)

    def rehearse(self) -> Found:
        for left in self._leftovers():
            self._admin.drop(left)
        scratch = scratch_name(self._live, self._ctx.run)
        try:
            return self._restored(scratch)
        finally:
            self._admin.drop(scratch)

    def _rights(self) -> Mapping[str, object]:
        (lines,) = self._admin.ask(self._live, _RIGHTS)
        if not lines:
            raise ActionFailed(f"the server says nothing of `{self._live}`")
        return dict(json.loads(lines[0]))

    def _leftovers(self) -> list[str]:
        pattern = literal("%_scratch_%")
        (lines,) = self._admin.beside(
            f"SELECT to_json(datname::text) FROM pg_database WHERE datname LIKE {pattern};"  # noqa: S608  quoted
        )
        found = (str(json.loads(line)) for line in lines)
        return [name for name in found if is_scratch(name, self._live)]

    def _check_room(self, rights: Mapping[str, object]) -> None:
        data = self._ctx.path(_DATA)
        host = self._env.get("PGHOST", "")
        if not (host in _LOCAL or host.startswith("/")) or not data.is_dir():
            return
        needed = int(str(rights["size"])) + _SPARE
        free = shutil.disk_usage(data).free
        if free < needed:
            cause = f"`{_DATA}` has {free >> 20} MB free, a second copy needs {needed >> 20} MB"
            raise ActionFailed(cause, "Make room: old backups, old copies (`*_before_*`).")

    def _restored(self, name: str) -> Found:
        self._admin.drop(name)
        self._admin.create(self._live, name)
        env = {**self._env, "PGDATABASE": name}
        words = ("pg_restore", "--no-owner", "--exit-on-error", "--no-password", f"--dbname={name}")
        with self._wish.part.open("rb") as source:
            made = self._ctx.execute(
                words,
                user=self._user,
                env=env,
                feed=source.fileno(),
                quiet=True,
                timeout=TIMEOUT,
            )
        hint = "Is an extension missing, or a role that the dump grants something to?"
        need(made, "the database could not be restored beside", hint)
        self._admin.ask(name, "ANALYZE;")  # without statistics its first hours are slow
        return self._counted(env)

    def _counted(self, env: Mapping[str, str]) -> Found:
        # The record has the names as `format('%I.%I')` quotes them.
        wanted = counts(self._wish.database.get("tables"))
        with Psql(self._ctx, self._user, env, TIMEOUT) as asked:
            there = {
                table: int(asked(f"SELECT count(*) FROM ONLY {table};")[0])  # noqa: S608  quoted
                for table in wanted
                if asked(f"SELECT to_regclass({literal(table)}) IS NOT NULL;") == ("t",)
            }
            return Found(there, migrations_in(asked))


def _kept(name: str) -> Kept:
    return Kept(name, f"sudo -u postgres dropdb {name}")
