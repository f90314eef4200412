"""Restore a MariaDB or MySQL database: a new schema beside, swapped by one rename of all tables."""

from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import TypeVar

from deployer.agent.backups.dumped import counts, database_url
from deployer.agent.context import ActionFailed, Context
from deployer.agent.databases.mysql_admin import MysqlAdmin, identifier
from deployer.agent.databases.mysql_client import MysqlClient, client_program, connected
from deployer.agent.databases.mysql_url import NotMysql, mysql_options
from deployer.agent.restores.restoration import Wish, is_scratch, names, scratch_name
from deployer.agent.restores.restored import Found, Kept, need
from deployer.agent.text import fields

_LOCAL = ("", "localhost", "127.0.0.1", "::1")
_DATA = "/var/lib/mysql"
_SPARE = 64 * 1024 * 1024
_PIECE = 1024 * 1024
_MIGRATIONS = {
    "django_migrations": "SELECT CONCAT(app, '.', name) FROM {} ORDER BY id",
    "alembic_version": "SELECT version_num FROM {} ORDER BY 1",
}
Result = TypeVar("Result")


class RestoreMysql:
    """One schema of a server, as the app's user."""

    def __init__(self, ctx: Context, wish: Wish) -> None:
        self._ctx = ctx
        self._wish = wish
        dump = wish.dump or {}
        self._user = fields.text(dump, "user")
        try:
            self._live, self._options = mysql_options(database_url(ctx, dump))
        except NotMysql as error:
            raise ActionFailed(f"{error} (`{fields.text(dump, 'url_variable')}`)") from error
        self._names = names(self._live, ctx.run)

    def check(self) -> str:
        return self._with(self._check)

    def beside(self) -> Found:
        return self._with(self._beside)

    def drop_beside(self) -> bool:
        return self._with(lambda _, admin: admin.drop(self._names.beside))

    def swap(self) -> Kept:
        return self._with(lambda _, admin: self._swap(admin))

    def swap_back(self) -> Kept:
        return self._with(lambda _, admin: self._swap_back(admin))

    def rehearse(self) -> Found:
        return self._with(self._rehearse)

    def _check(self, _client: MysqlClient, admin: MysqlAdmin) -> str:
        _only_tables(admin, self._live, f"`{self._live}`")
        admin.may_create(self._names.beside, self._live)
        data = self._ctx.path(_DATA)
        if self._options.get("host", "") in _LOCAL and data.is_dir():
            needed = admin.size(self._live) + _SPARE
            free = shutil.disk_usage(data).free
            if free < needed:
                cause = f"`{_DATA}` has {free >> 20} MB free, a second copy needs {needed >> 20} MB"
                raise ActionFailed(cause, "Make room: old backups, old copies (`*_before_*`).")
        return f"schemas beside `{self._live}` can be made"

    def _beside(self, client: MysqlClient, admin: MysqlAdmin) -> Found:
        found = self._restored(client, admin, self._names.beside)
        _only_tables(admin, self._names.beside, "the dump")
        return found

    def _swap(self, admin: MysqlAdmin) -> Kept:
        if admin.tables(self._names.beside):
            if not admin.exists(self._names.kept):
                admin.create(self._names.kept, self._live)
            admin.move((self._live, self._names.kept), (self._names.beside, self._live))
            admin.drop(self._names.beside)  # it is empty now
        return _kept(self._names.kept)

    def _swap_back(self, admin: MysqlAdmin) -> Kept:
        """Undo by what is there: the kept schema is made first, and all tables move at once."""
        tried = self._names.tried
        if not admin.exists(self._names.kept):
            return Kept("")
        if admin.tables(self._names.beside):  # it never came to the rename
            _refuse_half(admin, self._live, self._names.kept)
            admin.drop(self._names.kept)
            return Kept("")
        if not admin.exists(tried):
            admin.create(tried, self._live)
        if not admin.tables(tried):  # with tables in it, it was moved back before
            admin.move((self._live, tried), (self._names.kept, self._live))
        admin.drop(self._names.kept)
        return _kept(tried)

    def _rehearse(self, client: MysqlClient, admin: MysqlAdmin) -> Found:
        for left in client.ask("SELECT schema_name FROM information_schema.schemata"):
            if is_scratch(left, self._live):
                admin.drop(left)
        scratch = scratch_name(self._live, self._ctx.run)
        try:
            return self._restored(client, admin, scratch)
        finally:
            admin.drop(scratch)

    def _restored(self, client: MysqlClient, admin: MysqlAdmin, schema: str) -> Found:
        admin.drop(schema)
        admin.create(schema, self._live)
        with _unpacked(str(self._wish.part)) as (reading, trouble):
            words = (client_program("mariadb", "mysql"), "--binary-mode", schema)
            made = client.run(words, feed=reading)
        hint = "May this user create all of it? A DEFINER of another user needs SET USER."
        need(made, "the database could not be restored beside", hint)
        if trouble:
            raise ActionFailed(f"the dump could not be read: {trouble[0]}")
        tables = {
            table: int(client.ask(f"SELECT COUNT(*) FROM {_of(schema, table)}")[0])  # noqa: S608
            for table in admin.tables(schema)
            if table in counts(self._wish.database.get("tables"))
        }
        applied = [
            line
            for table, sql in _MIGRATIONS.items()
            if table in tables
            for line in client.ask(sql.format(_of(schema, table)))
        ]
        return Found(tables, tuple(applied))

    def _with(self, work: Callable[[MysqlClient, MysqlAdmin], Result]) -> Result:
        with connected(self._ctx, self._user, self._options, self._live) as client:
            return work(client, MysqlAdmin(client.ask))


def _of(schema: str, table: str) -> str:
    return f"{identifier(schema)}.{identifier(table)}"


def _only_tables(admin: MysqlAdmin, schema: str, what: str) -> None:
    """Refuse what a rename would leave behind, and the end of a swap would then drop."""
    others = admin.others(schema)
    if others:
        hint = "Load the dump by hand, as the guide on restoring says."
        raise ActionFailed(f"{what} holds what no rename moves: {', '.join(others[:3])}", hint)


def _refuse_half(admin: MysqlAdmin, live: str, kept: str) -> None:
    """Never drop tables: a server older than MariaDB 10.6 or MySQL 8 may crash half way through."""
    tables = admin.tables(kept)
    if tables:
        cause = f"the server moved only some tables: {', '.join(tables[:3])} are in `{kept}`"
        hint = f"Move them back: RENAME TABLE {_of(kept, tables[0])} TO {_of(live, tables[0])}, …"
        raise ActionFailed(cause, hint)


def _kept(schema: str) -> Kept:
    return Kept(schema, f"sudo mariadb --execute 'DROP DATABASE {identifier(schema)}'")


@contextmanager
def _unpacked(path: str) -> Iterator[tuple[int, list[Exception]]]:
    """Give a descriptor to read the plain dump from; the client never sees the file of root's."""
    reading, writing = os.pipe()
    trouble: list[Exception] = []

    def pump() -> None:
        try:
            with os.fdopen(writing, "wb") as sink, gzip.open(path) as packed:
                shutil.copyfileobj(packed, sink, _PIECE)
        except BrokenPipeError:
            return  # the client ended early, and says why itself
        except (OSError, EOFError) as error:
            trouble.append(error)

    thread = Thread(target=pump, daemon=True)
    thread.start()
    try:
        yield reading, trouble
    finally:
        os.close(reading)
        thread.join()
