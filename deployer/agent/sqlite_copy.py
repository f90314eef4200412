"""Copy an SQLite database consistently and check the copy; started as a script of its own.

    python3 -I -S sqlite_copy.py SOURCE COPY

It runs as the owner of the database, so that files beside it (`-wal`, `-shm`) stay the app's.
It prints one JSON object: the rows of each table. Source: https://www.sqlite.org/lang_vacuum.html
"""

import json
import sqlite3
import sys
from pathlib import Path

_PATIENCE = 30.0


def main(source: str, copy: str) -> None:
    """Make the copy; exits with a sentence on trouble."""
    with sqlite3.connect(Path(source).as_uri() + "?mode=rw", timeout=_PATIENCE, uri=True) as live:
        live.execute("VACUUM INTO ?", (copy,))
    live.close()
    with sqlite3.connect(copy) as made:
        said = [str(row[0]) for row in made.execute("PRAGMA integrity_check")]
        tables = [
            str(row[0])
            for row in made.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        counts = {table: _count(made, table) for table in tables}
    made.close()
    if said != ["ok"]:
        raise SystemExit(f"the copy is damaged: {said[0]}")
    sys.stdout.write(json.dumps({"tables": counts}))


def _count(made: sqlite3.Connection, table: str) -> int:
    quoted = '"' + table.replace('"', '""') + '"'
    row = made.execute(f"SELECT count(*) FROM {quoted}").fetchone()  # noqa: S608  quoted above
    return int(row[0])


if __name__ == "__main__":
    try:
        main(sys.argv[1], sys.argv[2])
    except sqlite3.Error as error:
        raise SystemExit(f"sqlite: {error}") from error
