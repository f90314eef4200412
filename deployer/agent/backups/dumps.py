"""Dump a database into a backup folder, and read a dump back: each engine in a file of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType

from deployer.agent.backups.dumped import Dumped
from deployer.agent.context import ActionFailed, Context
from deployer.agent.text import fields

_Dump = Callable[[Context, Mapping[str, object], Path], Dumped | None]
_ENGINES = {
    "DumpSqlite": "dump_sqlite",
    "DumpPostgres": "dump_postgres",
    "DumpMysql": "dump_mysql",
}
PARTS = {
    "database.sqlite3": "dump_sqlite",
    "database.dump": "dump_postgres",
    "database.sql.gz": "dump_mysql",
}
"""The file of a dump by engine: what is restored with what."""


def dump(ctx: Context, wish: Mapping[str, object], folder: Path) -> Dumped | None:
    """Dump one database; nothing if it does not exist yet."""
    kind = fields.text(wish, "kind")
    if kind not in _ENGINES:
        raise ActionFailed(f"the agent knows no dump `{kind}`")
    make: _Dump = _engine(_ENGINES[kind]).dump
    return make(ctx, wish, folder)


def check(ctx: Context, part: Path, database: Mapping[str, object]) -> None:
    """Read the dump of a backup to its end and compare it with its record; raises Damaged."""
    _engine(PARTS[part.name]).check(ctx, part, database)


def _engine(name: str) -> ModuleType:
    return import_module(f"deployer.agent.backups.{name}")
