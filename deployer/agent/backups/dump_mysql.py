"""Dump a MariaDB or MySQL database in one transaction, as the app's user, and read it back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from deployer.agent.backups import mysql_dump_file, piped
from deployer.agent.backups.archive import Damaged, Written, sha256_of
from deployer.agent.backups.dumped import Dumped, database_url, require
from deployer.agent.context import ActionFailed, Context
from deployer.agent.databases.mysql_admin import MysqlAdmin
from deployer.agent.databases.mysql_client import SHORT, MysqlClient, client_program, connected
from deployer.agent.databases.mysql_url import NotMysql, mysql_options
from deployer.agent.text import fields

PART = "database.sql.gz"
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


def dump(ctx: Context, wish: Mapping[str, object], folder: Path) -> Dumped:
    """Dump it into `database.sql.gz`, decompress that to its end and count its rows."""
    user = fields.text(wish, "user")
    target = folder / PART
    name, options = _options(ctx, wish)
    with connected(ctx, user, options, name) as client:
        server = client.ask("SELECT VERSION()")[0]
        program = client_program("mariadb-dump", "mysqldump")
        tool = _fitting_tool(ctx, program, server)
        notes = _notes(client, name)
        words = (program, *_FLAGS, *_known(ctx, program), "--", name)
        made = piped.compressed(target, lambda sink: client.run(words, sink))
    require(made, f"the database `{name}`", _HINT)
    try:
        contents = mysql_dump_file.read(target)
    except Damaged as error:
        raise ActionFailed(f"the dump was read back: {error}", "Is the disk full?") from error
    return Dumped(
        Written(target.name, target.stat().st_size, sha256_of(target)),
        kind="mysql",
        name=name,
        tables=contents.tables,
        migrations=tuple(contents.migrations),
        tool=tool,
        server=server,
        notes=notes,
    )


def place(ctx: Context, wish: Mapping[str, object]) -> str:
    """Give host or socket, port, and name."""
    name, options = _options(ctx, wish)
    where = options.get("socket") or options.get("host", "")
    return f"{where}:{options.get('port', '')}/{name}"


def check(_ctx: Context, part: Path, database: Mapping[str, object]) -> None:
    """Decompress a dump to its end and count its rows again; raises Damaged."""
    found = mysql_dump_file.read(part).tables
    if database and found != database.get("tables"):
        raise Damaged(f"`{part.name}` has other rows than its record says")


def _options(ctx: Context, wish: Mapping[str, object]) -> tuple[str, dict[str, str]]:
    try:
        return mysql_options(database_url(ctx, wish))
    except NotMysql as error:
        raise ActionFailed(f"{error} (`{fields.text(wish, 'url_variable')}`)") from error


def _notes(client: MysqlClient, name: str) -> tuple[str, ...]:
    odd, others = client.ask(_ODD), MysqlAdmin(client.ask).others(name)
    listed = ", ".join(odd[:5])
    unsafe = f"not in one moment with the rest, because they are not InnoDB: {listed}"
    by_hand = (
        f"it holds what no rename moves ({', '.join(others[:3])}{', …' if others[3:] else ''}): "
        "`inv restore` refuses this dump, the guide on restoring says how to load it by hand"
    )
    return (*((unsafe,) if odd else ()), *((by_hand,) if others else ()))


def _known(ctx: Context, program: str) -> tuple[str, ...]:
    told = ctx.execute((program, "--help"), quiet=True, timeout=SHORT).stdout.decode(
        "utf-8", "replace"
    )
    return tuple(f"{name}={value}" for name, value in _WHERE_KNOWN.items() if name in told)


def _fitting_tool(ctx: Context, program: str, server: str) -> str:
    """Give the version of the client; refuse one older than the server, which may lose things."""
    asked = ctx.execute((program, "--version"), quiet=True, timeout=SHORT)
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
