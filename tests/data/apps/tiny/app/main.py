# mypy: ignore-errors
"""Answers which revision it is, whether it is whole, and keeps rows in a SQLite file."""

import json
import os
import sqlite3
import time
from pathlib import Path

from app import first, last

HERE = Path(__file__).resolve().parent
PARTS = sorted((HERE / "parts").iterdir())
WHOLE = (
    first.REVISION == last.REVISION
    and len(PARTS) == first.PARTS
    and all(part.read_text() == f"{first.REVISION}\n" * 200 for part in PARTS)
)


if first.BROKEN == "hang" and "INVOCATION_ID" in os.environ:  # as a unit; not when it is tried
    time.sleep(600)  # noqa: TID251  it never gets ready


def connected():
    database = sqlite3.connect(os.environ["DATABASE"], timeout=5, isolation_level=None)
    # FULL does not flush the removal of its journal, which is the commit: sqlite.org/pragma.html
    database.execute("PRAGMA synchronous = EXTRA")
    return database


def answer(method, path):
    if path == "/healthz" and first.BROKEN == "health":
        return "500 Internal Server Error", {}
    if path == "/slow":
        time.sleep(0.5)  # noqa: TID251  a request that takes its time
    release = os.environ.get("RELEASE_ID", "")
    seen = {"revision": first.REVISION, "release": release, "whole": WHOLE}
    if method == "POST":
        with connected() as database:
            database.execute("INSERT OR IGNORE INTO rows VALUES (?)", (path.rpartition("/")[2],))
        return "201 Created", seen
    if path == "/rows":
        with connected() as database:
            seen["rows"] = [row for (row,) in database.execute("SELECT id FROM rows ORDER BY id")]
    return "200 OK", seen


def application(environ, start_response):
    asker = environ.get("HTTP_X_FORWARDED_FOR", "127.0.0.1")
    if first.BROKEN == "outside" and not asker.startswith("127."):
        start_response("503 Service Unavailable", [])
        return []
    try:
        status, seen = answer(environ["REQUEST_METHOD"], environ["PATH_INFO"])
    except sqlite3.Error as error:
        status, seen = "503 Service Unavailable", {"error": str(error)}
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(seen).encode()]
