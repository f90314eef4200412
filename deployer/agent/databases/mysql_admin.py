"""What a restore asks of a MariaDB or MySQL server: schemas, their tables, and one rename for all.

`RENAME TABLE` with many tables is one step for everybody who looks, and after a crash (MariaDB
10.6, MySQL 8). It moves no views, and no tables with triggers, into another schema.
Source: https://mariadb.com/kb/en/rename-table/
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from deployer.agent.context import ActionFailed

Ask = Callable[[str], Sequence[str]]
"""Asks the server; gives the lines of the answer."""
_LOCK_WAIT = 20
_OTHERS = (
    "SELECT CONCAT('view ', table_name) FROM information_schema.views WHERE table_schema = {0}"
    " UNION SELECT CONCAT('trigger ', trigger_name) FROM information_schema.triggers"
    " WHERE trigger_schema = {0}"
    " UNION SELECT CONCAT(LOWER(routine_type), ' ', routine_name)"
    " FROM information_schema.routines WHERE routine_schema = {0}"
    " UNION SELECT CONCAT('event ', event_name) FROM information_schema.events"
    " WHERE event_schema = {0}"
)
_TABLES = (
    "SELECT table_name FROM information_schema.tables"
    " WHERE table_schema = {} AND table_type = 'BASE TABLE' ORDER BY 1"
)
_SIZE = (
    "SELECT CAST(COALESCE(SUM(data_length + index_length), 0) AS UNSIGNED)"
    " FROM information_schema.tables WHERE table_schema = {}"
)
_LIKE = (
    "SELECT CONCAT('CHARACTER SET ', default_character_set_name, ' COLLATE ',"
    " default_collation_name) FROM information_schema.schemata WHERE schema_name = {}"
)


def identifier(name: str) -> str:
    """Quote a name for SQL."""
    return "`" + name.replace("`", "``") + "`"


def literal(text: str) -> str:
    """Quote a text for SQL."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


class MysqlAdmin:
    """Speaks with one server as the app's user."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def exists(self, schema: str) -> bool:
        """Tell whether there is such a schema (that we may see)."""
        sql = "SELECT 1 FROM information_schema.schemata WHERE schema_name = "
        return bool(self._ask(sql + literal(schema)))

    def tables(self, schema: str) -> tuple[str, ...]:
        """Give the tables of a schema."""
        return tuple(self._ask(_TABLES.format(literal(schema))))

    def others(self, schema: str) -> tuple[str, ...]:
        """Give what is no table: views, triggers, routines, events."""
        return tuple(self._ask(_OTHERS.format(literal(schema))))

    def size(self, schema: str) -> int:
        """Give the bytes of a schema."""
        return int(self._ask(_SIZE.format(literal(schema)))[0])

    def create(self, schema: str, live: str) -> None:
        """Make an empty schema with the character set of the live one."""
        (like,) = self._ask(_LIKE.format(literal(live)))
        self._ask(f"CREATE DATABASE {identifier(schema)} {like}")

    def drop(self, schema: str) -> bool:
        """Remove a schema of ours."""
        there = self.exists(schema)
        if there:
            self._ask(f"DROP DATABASE {identifier(schema)}")
        return there

    def may_create(self, schema: str, live: str) -> None:
        """Try whether a schema of this name can be made; raises ActionFailed with the grant."""
        try:
            self.create(schema, live)
        except ActionFailed as failed:
            (person,) = self._ask("SELECT CURRENT_USER()")
            user, _, host = person.rpartition("@")
            pattern = live.replace("_", "\\_") + "\\_%"
            grant = f"GRANT ALL ON `{pattern}`.* TO {literal(user)}@{literal(host)}"
            hint = f"On the database's host, as its root: {grant}"
            raise ActionFailed(f"`{person}` may not create a schema", hint, failed.log) from failed
        self.drop(schema)

    def move(self, *moves: tuple[str, str]) -> None:
        """Move all tables of schemas into others, all of them in one statement."""
        renames = [
            f"{identifier(old)}.{identifier(table)} TO {identifier(new)}.{identifier(table)}"
            for old, new in moves
            for table in self.tables(old)
        ]
        if renames:
            wait = f"SET SESSION lock_wait_timeout = {_LOCK_WAIT}"
            self._ask(f"{wait}; RENAME TABLE {', '.join(renames)}")
