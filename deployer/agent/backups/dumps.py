"""Dump a database into a backup folder, and read a dump back: each engine in a file of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
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
COPIED = "database.sqlite3"
"""The dump that is first copied beside the app. Named here: its module is slow to load."""
PARTS = {
    COPIED: "dump_sqlite",
    "database.dump": "dump_postgres",
    "database.sql.gz": "dump_mysql",
}
"""The file of a dump by engine: what is restored with what."""


def dump(ctx: Context, wish: Mapping[str, object], folder: Path) -> Dumped | None:
    """Dump one database; nothing if it does not exist yet."""
    make: _Dump = _engine_of(wish).dump
    dumped = make(ctx, wish, folder)
    return replace(dumped, place=place(ctx, wish)) if dumped else None


def place(ctx: Context, wish: Mapping[str, object]) -> str:
    """Say which database a wish means: its server and its name, but no user and no password."""
    engine = _engine_of(wish)
    found: str = engine.place(ctx, wish)
    return found


def check(ctx: Context, part: Path, database: Mapping[str, object]) -> None:
    """Read the dump of a backup to its end and compare it with its record; raises Damaged."""
    _engine(PARTS[part.name]).check(ctx, part, database)


def _engine_of(wish: Mapping[str, object]) -> ModuleType:
    kind = fields.text(wish, "kind")
    if kind not in _ENGINES:
        raise ActionFailed(f"the agent knows no dump `{kind}`")
    return _engine(_ENGINES[kind])


def _engine(name: str) -> ModuleType:
    return import_module(f"deployer.agent.backups.{name}")
