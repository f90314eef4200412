"""Read a dump of MariaDB or MySQL (SQL, gzip) to its end: what it holds, and that it is whole.

`--single-transaction` shows no other session its snapshot, so the rows are counted where they
are: in the dump itself. Clients escape line ends in values, so a line never ends inside of one.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from deployer.agent.backups.archive import Damaged

_INSERT = re.compile(rb"INSERT (?:IGNORE )?INTO `((?:[^`]|``)+)` (?:\([^)]*\) )?VALUES")
_TABLE = re.compile(rb"CREATE TABLE (?:IF NOT EXISTS )?`((?:[^`]|``)+)`")
_TEXT = re.compile(rb"'[^'\\]*(?:\\.[^'\\]*)*'", re.DOTALL)
_DONE = b"-- Dump completed"
_VERSION = {"alembic_version": 1, "django_migrations": 2}
"""Tables of migrations, and how many texts at the start of a row name one."""


@dataclass
class Contents:
    """What a dump holds."""

    tables: dict[str, int] = field(default_factory=dict)
    migrations: list[str] = field(default_factory=list)


def read(path: Path) -> Contents:
    """Decompress all of it, count, and find its last line; raises Damaged."""
    reader = _Reader()
    last = b""
    try:
        for line in _lines(path):
            reader.take(line)
            last = line if line.strip() else last
    except (OSError, EOFError, zlib.error) as error:
        raise Damaged(f"`{path.name}` cannot be read back: {error}") from error
    if not last.startswith(_DONE):
        raise Damaged(f"`{path.name}` does not end with `-- Dump completed`: it was cut")
    return reader.contents


def _lines(path: Path) -> Iterator[bytes]:
    with gzip.open(path) as plain:
        yield from plain


class _Reader:
    """Knows in which statement the next line is."""

    def __init__(self) -> None:
        self.contents = Contents()
        self._table = ""
        self._in_routine = False

    def take(self, line: bytes) -> None:
        """Look at one line."""
        if line.startswith(b"DELIMITER "):
            self._in_routine = line.strip() == b"DELIMITER ;;"
        elif not self._in_routine:
            self._statement(line)

    def _statement(self, line: bytes) -> None:
        if made := _TABLE.match(line):
            self.contents.tables.setdefault(_name(made.group(1)), 0)
        rows = line
        if begun := _INSERT.match(line):
            self._table = _name(begun.group(1))
            rows = line[begun.end() :]
        if not self._table:
            return
        plain = _TEXT.sub(b"", rows)
        self.contents.tables.setdefault(self._table, 0)
        self.contents.tables[self._table] += plain.count(b"(")
        if self._table in _VERSION:
            self._migrations(rows)
        if plain.rstrip().endswith(b";"):
            self._table = ""

    def _migrations(self, rows: bytes) -> None:
        wanted = _VERSION[self._table]
        # A raw NUL is never in a dump: it stands for brackets inside of values meanwhile.
        hidden = _TEXT.sub(lambda found: found.group().replace(b"(", b"\0"), rows)
        for row in hidden.split(b"("):
            texts = [_name(one[1:-1].replace(b"\0", b"(")) for one in _TEXT.findall(row)]
            if texts:
                self.contents.migrations.append(".".join(texts[:wanted]))


def _name(quoted: bytes) -> str:
    return quoted.replace(b"``", b"`").decode("utf-8", "replace")
