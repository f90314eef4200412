# mypy: ignore-errors
"""Makes the table; remembers each revision that came by."""

from app import first
from app.main import connected

with connected() as database:
    database.execute("BEGIN IMMEDIATE")
    database.execute("CREATE TABLE IF NOT EXISTS rows (id TEXT PRIMARY KEY)")
    database.execute("CREATE TABLE IF NOT EXISTS migrated (revision TEXT PRIMARY KEY)")
    if first.BROKEN == "migrate":
        raise SystemExit("this revision cannot migrate")
    database.execute("INSERT OR IGNORE INTO migrated VALUES (?)", (first.REVISION,))
    database.execute("COMMIT")
