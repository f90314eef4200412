"""Copy an SQLite database consistently and check the copy; started as a script of its own.

    python3 -I -S sqlite_copy.py SOURCE COPY      copy, then check the copy
    python3 -I -S sqlite_copy.py COPY             only check it

It runs as the app's user, so that files beside it (`-wal`, `-shm`) stay the app's.
It prints one JSON object: the rows of each table, the migrations that were applied, and notes.
Source: https://www.sqlite.org/lang_vacuum.html
"""

import json
import sqlite3
import sys
from pathlib import Path

_PATIENCE = 30.0
_TABLES = (
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite@_%' ESCAPE '@'"
)
_MIGRATIONS = {
    "django_migrations": "SELECT app || '.' || name FROM django_migrations ORDER BY id",
    "alembic_version": "SELECT version_num FROM alembic_version ORDER BY 1",
}


def main(source: str, copy: str) -> None:
    """Make the copy and check it; exits with a sentence on trouble."""
    if source != copy:
        address = Path(source).as_uri() + "?mode=rw"
        with sqlite3.connect(address, timeout=_PATIENCE, uri=True) as live:
            live.execute("VACUUM INTO ?", (copy,))
        live.close()
    with sqlite3.connect(Path(copy).as_uri() + "?mode=ro&immutable=1", uri=True) as made:
        report = _checked(made)
    made.close()
    sys.stdout.write(json.dumps(report))


def _checked(made: sqlite3.Connection) -> "dict[str, object]":
    said = _texts(made, "PRAGMA integrity_check")
    if said != ["ok"]:
        raise SystemExit(f"the copy is damaged: {said[0]}")
    tables = _texts(made, _TABLES)
    dangling = len(made.execute("PRAGMA foreign_key_check").fetchall())
    applied = [
        one for table, sql in _MIGRATIONS.items() if table in tables for one in _texts(made, sql)
    ]
    notes = [f"{dangling} rows refer to rows that are not there (foreign_key_check)"]
    return {
        "tables": {table: _count(made, table) for table in tables},
        "migrations": applied,
        "notes": notes if dangling else [],
    }


def _texts(made: sqlite3.Connection, sql: str) -> "list[str]":
    return [str(row[0]) for row in made.execute(sql)]


def _count(made: sqlite3.Connection, table: str) -> "int | None":
    quoted = '"' + table.replace('"', '""') + '"'
    try:
        row = made.execute(f"SELECT count(*) FROM {quoted}").fetchone()  # noqa: S608  quoted above
    except sqlite3.OperationalError:
        return None  # a virtual table of an extension that is not here
    return int(row[0])


if __name__ == "__main__":
    try:
        main(sys.argv[1], sys.argv[-1])
    except sqlite3.Error as error:
        raise SystemExit(f"sqlite: {error}") from error
