"""Dump a database into a backup folder, and read the dump back."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import stat
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deployer.agent import env_file, fields, sqlite_copy
from deployer.agent.archive import Written, sha256_of
from deployer.agent.context import ActionFailed, Context
from deployer.agent.postgres_url import NotPostgres, postgres_environment
from deployer.agent.programs import Completed

_TIMEOUT = 3600.0
_LOG_LINES = 30


@dataclass(frozen=True)
class Dumped:
    """A dump in the backup: the file, the rows of its tables where known, the tool's version."""

    part: Written
    tables: Mapping[str, object] = field(default_factory=dict)
    tool: str = ""


def dump(ctx: Context, wish: Mapping[str, object], folder: Path) -> Dumped | None:
    """Dump one database; nothing if it does not exist yet."""
    kind = fields.text(wish, "kind")
    makers = {"DumpSqlite": _dump_sqlite, "DumpPostgres": _dump_postgres}
    if kind not in makers:
        raise ActionFailed(f"the agent knows no dump `{kind}`")
    return makers[kind](ctx, wish, folder)


def _dump_sqlite(ctx: Context, wish: Mapping[str, object], folder: Path) -> Dumped | None:
    source = ctx.path(fields.text(wish, "path"))
    if not source.is_file():
        return None
    owner = pwd.getpwuid(source.stat().st_uid)
    for left in _room(ctx).glob(".dump-*"):  # by a run that was killed: only one is at work
        shutil.rmtree(left, ignore_errors=True)
    room = Path(tempfile.mkdtemp(prefix=".dump-", dir=_room(ctx)))
    try:
        os.chown(room, owner.pw_uid, owner.pw_gid)
        copy = room / "copy"
        script = str(Path(sqlite_copy.__file__).resolve())
        words = (sys.executable, "-I", "-S", script, str(source), str(copy))
        made = ctx.execute(words, user=owner.pw_name, quiet=True, timeout=_TIMEOUT)
        _require(made, f"the SQLite database `{source}`", "Is the disk full, or the file locked?")
        target = folder / "database.sqlite3"
        digest = _taken_over(copy, target)
    finally:
        shutil.rmtree(room, ignore_errors=True)
    part = Written(target.name, target.stat().st_size, digest)
    return Dumped(part, _tables(made.stdout), f"sqlite {_sqlite_version()}")


def _dump_postgres(ctx: Context, wish: Mapping[str, object], folder: Path) -> Dumped | None:
    user = fields.text(wish, "user")
    target = folder / "database.dump"
    env = _connection(ctx, wish)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    descriptor = os.open(target, flags, 0o600)
    try:
        words = ("pg_dump", "--format=custom", "--compress=1", "--no-password")
        made = ctx.execute(words, user=user, env=env, sink=descriptor, quiet=True, timeout=_TIMEOUT)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    hint = "Is a pg_dump of at least the database's version on this host, and the URL right?"
    _require(made, "the PostgreSQL database", hint)
    read = ("pg_restore", "--file=/dev/null", str(target))
    checked = ctx.execute(read, quiet=True, timeout=_TIMEOUT)
    _require(checked, "the dump, when it was read back,", "Is the disk full or failing?")
    version = ctx.execute(("pg_dump", "--version"), quiet=True, timeout=20)
    part = Written(target.name, target.stat().st_size, sha256_of(target))
    return Dumped(part, tool=version.stdout.decode("utf-8", "replace").strip())


def _room(ctx: Context) -> Path:
    app = ctx.path(f"/srv/{ctx.app}")
    return app if app.is_dir() else Path(tempfile.gettempdir())


def _taken_over(copy: Path, target: Path) -> str:
    """Copy what the owner of the database made into root's folder; nothing but a plain file."""
    reading = os.open(copy, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(reading, "rb") as source:
        if not stat.S_ISREG(os.fstat(reading).st_mode):
            raise ActionFailed("the copy of the database is not a plain file")
        writing = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(writing, "wb") as file:
            shutil.copyfileobj(source, file, 1024 * 1024)
            file.flush()
            os.fsync(writing)
    return sha256_of(copy)


def _connection(ctx: Context, wish: Mapping[str, object]) -> dict[str, str]:
    variables: dict[str, str] = {}
    for name in fields.texts(wish, "env_files"):
        try:
            variables.update(env_file.read(ctx.path(name).read_bytes()))
        except (OSError, UnicodeDecodeError) as error:
            raise ActionFailed(f"the environment file `{name}` cannot be read: {error}") from error
    variable = fields.text(wish, "url_variable")
    if not variables.get(variable):
        raise ActionFailed(f"`{variable}` is not in the app's environment", "Set it in `env`.")
    try:
        return postgres_environment(variables[variable])
    except NotPostgres as error:
        raise ActionFailed(f"{error} (`{variable}`)") from error


def _require(made: Completed, what: str, hint: str) -> None:
    if made.ok:
        return
    last = made.lines[-1] if made.lines else made.problem
    raise ActionFailed(f"{what} could not be backed up: {last}", hint, made.lines[-_LOG_LINES:])


def _tables(said: bytes) -> Mapping[str, object]:
    found: object = json.loads(said)
    tables = found.get("tables") if isinstance(found, dict) else None
    return tables if isinstance(tables, dict) else {}


def _sqlite_version() -> str:
    import sqlite3  # noqa: PLC0415  only a backup of SQLite needs it

    return sqlite3.sqlite_version
