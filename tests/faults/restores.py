"""A restore that is struck: the backup that comes back, and whose rows are there afterwards."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.faults.lane import Lane
from tests.faults.tiny import DATABASE, NAME
from tests.faults.users import Users


@dataclass(frozen=True, slots=True)
class Restorable:
    """A backup with its database and its shared files."""

    name: str
    minute: str
    rows: frozenset[str]

    @property
    def words(self) -> tuple[str, ...]:
        """Give what has to be typed."""
        chosen = ("--database", "--shared", "--yes-i-lose-writes-since", self.minute)
        return ("restore", "--backup", self.name, *chosen)


def backed_up(lane: Lane) -> Restorable:
    """Make a backup, while users go on writing."""
    lane.project.section("backup")["shared"] = True
    lane.project.write()
    lane.must("backup")
    del lane.project.inventory["backup"]
    lane.project.write()
    newest = lane.newest_backup()
    created = json.loads((newest / "backup.json").read_text())["created"]
    with closing(sqlite3.connect(":memory:")) as database:
        database.deserialize((newest / "database.sqlite3").read_bytes())
        rows = frozenset(row for (row,) in database.execute("SELECT id FROM rows"))
    return Restorable(newest.name, f"{datetime.fromtimestamp(created, UTC):%Y-%m-%d %H:%M}", rows)


def learn(lane: Lane) -> None:
    """Restore once, to count what happens in each step; those of a deploy are known already."""
    known = dict(lane.counts)
    backup = backed_up(lane)
    lane.arm(record=True)
    lane.must(*backup.words)
    lane.read_counts()
    lane.counts.update(known)
    lane.disarm()


def of_the_rows(
    lane: Lane, users: Users, backup: Restorable, run: str, *, swapped: bool
) -> Iterator[str]:
    """Either the rows of before are there, or those of the backup, and no row is in no database."""
    acknowledged = (lane.known | users.acknowledged) - lane.taken_back
    live, kept, tried = (_rows(lane, one) for one in _names(run))
    if live is None:
        yield "rows: the database is damaged, or there is none"
        return
    missing, sent = acknowledged - live, lane.sent | users.sent
    if live - sent:
        yield f"rows: {len(live - sent)} rows that nobody sent, such as {min(live - sent)}"
    if swapped:
        yield from _of_the_backup(users, backup, live, missing)
        if kept is None or missing - kept:
            yield f"rows: {len(missing - (kept or set()))} of {len(missing)} are in no kept copy"
    elif missing - (tried or set()):
        yield f"rows: {len(missing)} acknowledged rows are gone, such as {min(missing)}"
    left = [one for one in _copies(lane) if "_restore_" in one or "_scratch_" in one]
    if left:
        yield f"rows: copies are left: {', '.join(left)}"
    lane.taken_back |= missing


def _of_the_backup(
    users: Users, backup: Restorable, live: set[str], missing: set[str]
) -> Iterator[str]:
    """What is lost is what came after the backup and before the swap, and nothing of it is left."""
    later = live - backup.rows
    if backup.rows - live:
        yield f"rows: {len(backup.rows - live)} rows of the backup are not there"
    if later - users.sent:
        yield f"rows: {len(later - users.sent)} rows are neither of the backup nor new"
    if missing and later and max(missing) > min(later):
        yield f"rows: a mix: {max(missing)} is gone, and {min(later)} is there"


def _names(run: str) -> tuple[str, str, str]:
    end = run.replace("-", "_")
    return DATABASE, f"{DATABASE}_before_{end}", f"{DATABASE}_tried_{end}"


def _rows(lane: Lane, path: str) -> set[str] | None:
    asked = "'PRAGMA integrity_check; SELECT id FROM rows'"
    done = lane.host.run(f"test -s {path} && sqlite3 -cmd '.timeout 10000' {path} {asked}")
    said, *rows = done.stdout.split() or [""]
    return set(rows) if said == "ok" and not done.returncode else None


def _copies(lane: Lane) -> list[str]:
    return lane.host.run(f"ls -d /srv/{NAME}/*_* /srv/{NAME}/shared/*_*; true").stdout.split()
