"""Dump a MariaDB or MySQL database in one transaction, as the app's user, and read it back."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deployer.agent import fields, mysql_dump_file, piped
from deployer.agent.archive import Damaged, Written, sha256_of
from deployer.agent.context import ActionFailed, Context
from deployer.agent.dumped import TIMEOUT, Dumped, database_url, require
from deployer.agent.mysql_url import NotMysql, mysql_options, option_file
from deployer.agent.programs import PATH, Completed

PART = "database.sql.gz"
_SHORT = 30.0
_FLAGS = (
    *("--single-transaction", "--quick", "--routines", "--events", "--triggers", "--hex-blob"),
    *("--no-tablespaces", "--default-character-set=utf8mb4"),
)
_WHERE_KNOWN = {"--set-gtid-purged": "OFF", "--column-statistics": "0"}
"""Options that only clients of MySQL 8 know; without them they fail on other servers."""
_ODD = (
    "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() "
    "AND table_type = 'BASE TABLE' AND engine NOT IN ('InnoDB', 'ROCKSDB', 'SEQUENCE')"
)
_HINT = (
    "May this user read all of it? It needs SELECT, SHOW VIEW, TRIGGER and EVENT, and for routines "
    "of other users SELECT on mysql.proc (MySQL: SHOW_ROUTINE)."
)


@dataclass(frozen=True)
class _Client:
    """How the client programs of this host connect."""

    ctx: Context
    user: str
    options: Path
    database: str

    def run(self, words: tuple[str, ...], sink: int = -1) -> Completed:
        """Run `words[0]` with the option file first, where it has to be."""
        program, *rest = words
        timeout = TIMEOUT if sink >= 0 else _SHORT
        line = (program, f"--defaults-file={self.options}", *rest)
        return self.ctx.execute(line, user=self.user, sink=sink, quiet=True, timeout=timeout)

    def ask(self, sql: str) -> tuple[str, ...]:
        """Ask the server; raises ActionFailed with what the client said."""
        words = ("--batch", "--skip-column-names", "--execute", sql, self.database)
        said = self.run((_program("mariadb", "mysql"), *words))
        if not said.ok:
            last = said.lines[-1] if said.lines else said.problem
            hint = "Is the URL of the database right, and may this user connect?"
            raise ActionFailed(f"the database server could not be asked: {last}", hint)
        return tuple(said.stdout.decode("utf-8", "replace").splitlines())


def dump(ctx: Context, wish: Mapping[str, object], folder: Path) -> Dumped:
    """Dump it into `database.sql.gz`, decompress that to its end and count its rows."""
    user = fields.text(wish, "user")
    target = folder / PART
    try:
        name, options = mysql_options(database_url(ctx, wish))
    except NotMysql as error:
        raise ActionFailed(f"{error} (`{fields.text(wish, 'url_variable')}`)") from error
    with _option_file(ctx, user, option_file(options)) as file:
        client = _Client(ctx, user, file, name)
        server = client.ask("SELECT VERSION()")[0]
        program = _program("mariadb-dump", "mysqldump")
        tool = _fitting_tool(ctx, program, server)
        odd = client.ask(_ODD)
        words = (program, *_FLAGS, *_known(ctx, program), "--", name)
        made = piped.compressed(target, lambda sink: client.run(words, sink))
    require(made, f"the database `{name}`", _HINT)
    try:
        contents = mysql_dump_file.read(target)
    except Damaged as error:
        raise ActionFailed(f"the dump was read back: {error}", "Is the disk full?") from error
    listed = ", ".join(odd[:5])
    unsafe = f"not in one moment with the rest, because they are not InnoDB: {listed}"
    return Dumped(
        Written(target.name, target.stat().st_size, sha256_of(target)),
        kind="mysql",
        name=name,
        tables=contents.tables,
        migrations=tuple(contents.migrations),
        tool=tool,
        server=server,
        notes=(unsafe,) if odd else (),
    )


def check(_ctx: Context, part: Path, database: Mapping[str, object]) -> None:
    """Decompress a dump to its end and count its rows again; raises Damaged."""
    found = mysql_dump_file.read(part).tables
    if database and found != database.get("tables"):
        raise Damaged(f"`{part.name}` has other rows than its record says")


@contextmanager
def _option_file(ctx: Context, user: str, content: bytes) -> Iterator[Path]:
    """Give a file that only the app's user can read; in memory where there is a /run."""
    above = ctx.path("/run")
    room = Path(tempfile.mkdtemp(prefix="dump-", dir=above if above.is_dir() else None))
    try:
        file = room / "options.cnf"
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as written:
            written.write(content)
        for one in (file, room):
            os.chown(one, pwd.getpwnam(user).pw_uid, -1)
        yield file
    except KeyError as error:
        hint = "Run `inv setup` for this host."
        raise ActionFailed(f"this host has no user `{user}`", hint) from error
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _program(*names: str) -> str:
    return next((name for name in names if shutil.which(name, path=PATH)), names[-1])


def _known(ctx: Context, program: str) -> tuple[str, ...]:
    told = ctx.execute((program, "--help"), quiet=True, timeout=_SHORT).stdout.decode(
        "utf-8", "replace"
    )
    return tuple(f"{name}={value}" for name, value in _WHERE_KNOWN.items() if name in told)


def _fitting_tool(ctx: Context, program: str, server: str) -> str:
    """Give the version of the client; refuse one older than the server, which may lose things."""
    asked = ctx.execute((program, "--version"), quiet=True, timeout=_SHORT)
    said = asked.stdout.decode("utf-8", "replace").strip()
    hint = "Install mariadb-client (or mysql-client) of the server's version on this host."
    if not asked.ok:
        last = asked.lines[-1] if asked.lines else asked.problem
        raise ActionFailed(f"`{program} --version` does not work on this host: {last}", hint)
    (ours, tool), (theirs, there) = _version(said), _version(server)
    if ours == theirs and tool < there:
        raise ActionFailed(f"`{said}` is older than the server, {server}", hint)
    return said


def _version(text: str) -> tuple[str, tuple[int, ...]]:
    """Read product, and major and minor version: those differ in what a dump can hold."""
    maria = re.search(r"(\d+)\.(\d+)\.\d+-MariaDB", text)
    found = maria or re.search(r"(?:Ver |^)(\d+)\.(\d+)\.\d+", text)
    return ("MariaDB" if maria else "MySQL", tuple(map(int, found.groups())) if found else ())
