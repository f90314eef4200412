"""Dump an SQLite database: a copy that the app's user makes and checks, taken over by root."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from deployer.agent.backups.archive import Damaged, Written, sha256_of
from deployer.agent.backups.dumped import TIMEOUT, Dumped, counts, require, texts
from deployer.agent.backups.dumps import COPIED
from deployer.agent.context import ActionFailed, Context
from deployer.agent.databases import sqlite_copy
from deployer.agent.system.people import reader_of
from deployer.agent.text import fields

PART = COPIED
_SCRIPT = str(Path(sqlite_copy.__file__).resolve())


def dump(ctx: Context, wish: Mapping[str, object], folder: Path) -> Dumped | None:
    """Copy the database while the app goes on writing; nothing if it does not exist yet."""
    source = ctx.path(fields.text(wish, "path"))
    if not source.is_file():
        return None
    # The app's user and not the file's: the app can put a link to anybody's file there.
    owner = reader_of(ctx)
    target = folder / PART
    with _room(ctx, ".dump-") as room:
        shutil.chown(room, owner, pwd.getpwnam(owner).pw_gid)
        copy = room / "copy"
        words = (sys.executable, "-I", "-S", _SCRIPT, str(source), str(copy))
        made = ctx.execute(words, user=owner, quiet=True, timeout=TIMEOUT)
        require(made, f"the SQLite database `{source}`", "Is the disk full, or the file locked?")
        digest = _taken_over(copy, target)
    said = json.loads(made.stdout)
    return Dumped(
        Written(target.name, target.stat().st_size, digest),
        kind="sqlite",
        name=fields.text(wish, "path"),
        tables=counts(said.get("tables")),
        migrations=texts(said.get("migrations")),
        tool=f"sqlite {_version()}",
        notes=texts(said.get("notes")),
    )


def place(_ctx: Context, wish: Mapping[str, object]) -> str:
    """Give the path of the file."""
    return fields.text(wish, "path")


def check(ctx: Context, part: Path, database: Mapping[str, object]) -> None:
    """Read a dump to its end, as a user who can harm nobody; raises Damaged."""
    user = reader_of(ctx)
    with _room(ctx, ".check-") as room:
        copy = room / "copy"
        shutil.copyfile(part, copy)
        for one in (copy, room):  # in this order: nobody else was in there when it was copied
            shutil.chown(one, user)
        words = (sys.executable, "-I", "-S", _SCRIPT, str(copy))
        said = ctx.execute(words, user=user, quiet=True, timeout=TIMEOUT)
    if not said.ok:
        raise Damaged(f"`{part.name}`: {said.lines[-1] if said.lines else said.problem}")
    found = json.loads(said.stdout)
    if database and counts(found.get("tables")) != database.get("tables"):
        raise Damaged(f"`{part.name}` has other rows than its record says")


@contextmanager
def _room(ctx: Context, prefix: str) -> Iterator[Path]:
    """Give a folder on the app's disk that is gone afterwards."""
    app = ctx.path(f"/srv/{ctx.app}")
    above = app if app.is_dir() else Path(tempfile.gettempdir())
    long_ago = time.time() - TIMEOUT * 2
    for left in above.glob(f"{prefix}*"):  # by one that was killed
        if prefix == ".dump-" or left.lstat().st_mtime < long_ago:  # only one dump is at work
            shutil.rmtree(left, ignore_errors=True)
    room = Path(tempfile.mkdtemp(prefix=prefix, dir=above))
    try:
        yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _taken_over(copy: Path, target: Path) -> str:
    """Copy what the app's user made into root's folder; nothing but a plain file."""
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


def _version() -> str:
    import sqlite3  # noqa: PLC0415  only a backup of SQLite needs it

    return sqlite3.sqlite_version
