"""What a restore asks of a PostgreSQL server beside the database itself: create, rename, fence.

Source: https://www.postgresql.org/docs/current/sql-alterdatabase.html. A rename may be part of a
transaction, so two of them are a swap that nobody sees half done; it wants no session on either.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import cast

from deployer.agent.context import ActionFailed, Context
from deployer.agent.databases.psql import Psql

_ELSEWHERE = ("postgres", "template1")
"""A database that is renamed cannot be the one that the session is in."""
_TIMEOUT = 120.0
_ATTEMPTS = 3
_LISTS = ("search_path", "temp_tablespaces", "local_preload_libraries", "session_preload_libraries")
_LOOK = (
    "SELECT row_to_json(d) FROM (SELECT p.*, pg_encoding_to_char(encoding) AS charset,"
    " pg_get_userbyid(datdba) AS owner, CASE WHEN spcname <> 'pg_default'"
    " AND has_tablespace_privilege(t.oid, 'CREATE') THEN spcname END AS space FROM pg_database AS p"
    " JOIN pg_tablespace AS t ON t.oid = dattablespace WHERE datname = {}) AS d;"
)
_SETTINGS = (
    "SELECT to_json(unnest(setconfig)) FROM pg_db_role_setting AS s, pg_database AS d"
    " WHERE s.setrole = 0 AND s.setdatabase = d.oid AND d.datname = {};"
)
_GRANTS = (
    "SELECT json_build_array(privilege_type, grantee = 0, pg_get_userbyid(grantee), is_grantable)"
    " FROM pg_database, aclexplode(datacl) WHERE datname = {} AND grantee <> datdba;"
)
_TERMINATE = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE datname = {} AND pid <> pg_backend_pid();"
)


def identifier(name: str) -> str:
    """Quote a name for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a text for SQL (`standard_conforming_strings`, the default since 9.1)."""
    return "'" + text.replace("'", "''") + "'"


class Admin:
    """Speaks with one server as the app's user; sessions are short and in another database."""

    def __init__(self, ctx: Context, user: str, env: Mapping[str, str]) -> None:
        self._ctx = ctx
        self._user = user
        self._env = env
        self._door = ""

    def ask(self, database: str, *statements: str) -> list[tuple[str, ...]]:
        """Ask in one database; raises ActionFailed."""
        env = {**self._env, "PGDATABASE": database}
        with Psql(self._ctx, self._user, env, _TIMEOUT) as asked:
            return [asked(one) for one in statements]

    def beside(self, *statements: str) -> list[tuple[str, ...]]:
        """Ask in a database that is neither the live one nor a copy."""
        if not self._door:
            self._door = self._open_door()
        return self.ask(self._door, *statements)

    def databases(self, *names: str) -> dict[str, bool]:
        """Give which of these databases are there, and whether they take connections."""
        listed = ", ".join(literal(name) for name in names)
        sql = (
            "SELECT json_object_agg(datname, datallowconn) FROM pg_database"  # noqa: S608  quoted
            f" WHERE datname IN ({listed});"
        )
        (lines,) = self.beside(sql)
        return dict(json.loads(lines[0])) if lines else {}

    def create(self, live: str, name: str) -> None:
        """Make an empty database with encoding, locale, owner, grants and settings of the live one.

        What `pg_dump` leaves out of a dump, because it is the database's own.
        """
        asked = (one.format(literal(live)) for one in (_LOOK, _SETTINGS, _GRANTS))
        (looked,), settings, grants = self.beside(*asked)
        described = json.loads(looked)
        self.beside(f"CREATE DATABASE {identifier(name)} {_like(described)};")
        if described.get("datacl") is not None:
            self.beside(
                f"REVOKE ALL ON DATABASE {identifier(name)} FROM PUBLIC;",
                *(_grant(json.loads(one), name) for one in grants),
            )
        for setting in settings:
            key, _, value = str(json.loads(setting)).partition("=")
            quoted = value if key in _LISTS else literal(value)
            self.beside(f"ALTER DATABASE {identifier(name)} SET {identifier(key)} TO {quoted};")

    def drop(self, name: str) -> bool:
        """Remove a database of ours, with whoever is in it."""
        if not self.databases(name):
            return False
        self.beside(
            f"ALTER DATABASE {identifier(name)} ALLOW_CONNECTIONS false;",
            _TERMINATE.format(literal(name)),
            f"DROP DATABASE IF EXISTS {identifier(name)};",
        )
        return True

    def allow(self, name: str) -> None:
        """Let sessions in again."""
        self.beside(f"ALTER DATABASE {identifier(name)} ALLOW_CONNECTIONS true;")

    def rename(self, *renames: tuple[str, str]) -> None:
        """Rename databases in one transaction, after nobody is in them and nobody can come in."""
        fenced = [
            f"ALTER DATABASE {identifier(old)} ALLOW_CONNECTIONS false;" for old, _ in renames
        ]
        cleared = [_TERMINATE.format(literal(old)) for old, _ in renames]
        swapped = [
            f"ALTER DATABASE {identifier(old)} RENAME TO {identifier(new)};" for old, new in renames
        ]
        opened = [f"ALTER DATABASE {identifier(new)} ALLOW_CONNECTIONS true;" for _, new in renames]
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self.beside(*fenced, *cleared, "BEGIN;", *swapped, *opened, "COMMIT;")
            except ActionFailed:
                # A session may take some seconds to end; the server waits five by itself.
                if attempt == _ATTEMPTS:
                    raise
            else:
                return

    def _open_door(self) -> str:
        failed: ActionFailed | None = None
        for name in _ELSEWHERE:
            try:
                self.ask(name, "SELECT 1;")
            except ActionFailed as error:
                failed = failed or error
            else:
                return name
        told = failed.cause if failed else ""
        raise ActionFailed(
            f"the role may connect to none of {' and '.join(_ELSEWHERE)}: {told}",
            "A rename needs a session in another database: allow it in pg_hba.conf, reload.",
        )


def _grant(one: tuple[str, bool, str, bool], name: str) -> str:
    right, to_all, role, may_grant = one
    whom = "PUBLIC" if to_all else identifier(role)
    more = " WITH GRANT OPTION" if may_grant else ""
    return f"GRANT {right} ON DATABASE {identifier(name)} TO {whom}{more};"


def _like(found: Mapping[str, object]) -> str:
    charset, collate = str(found["charset"]), str(found["datcollate"])
    words = [
        "TEMPLATE template0",
        f"ENCODING {literal(charset)}",
        f"LC_COLLATE {literal(collate)}",
        f"LC_CTYPE {literal(str(found['datctype']))}",
        f"OWNER {identifier(str(found['owner']))}",
        f"CONNECTION LIMIT {found['datconnlimit']}",
    ]
    if found["space"]:
        words.append(f"TABLESPACE {identifier(str(found['space']))}")
    locale = cast("str | None", found.get("datlocale") or found.get("daticulocale"))
    if found.get("datlocprovider") == "i" and locale:
        words += ["LOCALE_PROVIDER icu", f"ICU_LOCALE {literal(locale)}"]
    if found.get("datlocprovider") == "b" and locale:
        words += ["LOCALE_PROVIDER builtin", f"BUILTIN_LOCALE {literal(locale)}"]
    return " ".join(words)
