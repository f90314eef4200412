# mypy: ignore-errors
"""Makes the table; remembers each revision that came by."""

import os
import sys

from app import first
from app.main import connected

if first.BROKEN == "tells":
    sys.stdout.write(f"the secret is {os.environ['SECRET_KEY']}\n")
with connected() as database:
    database.execute("BEGIN IMMEDIATE")
    database.execute("CREATE TABLE IF NOT EXISTS rows (id TEXT PRIMARY KEY)")
    database.execute("CREATE TABLE IF NOT EXISTS migrated (revision TEXT PRIMARY KEY)")
    if first.BROKEN == "migrate":
        raise SystemExit("this revision cannot migrate")
    database.execute("INSERT OR IGNORE INTO migrated VALUES (?)", (first.REVISION,))
    database.execute("COMMIT")
