"""Looks at a host from three sides: its journal, its kernel, its users. Gives what is wrong."""

import base64
import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path

from deployer.agent.runs import lock
from tests.faults.lane import PUBLISHED, Lane
from tests.faults.settled import STATE
from tests.faults.tiny import DATABASE, NAME
from tests.faults.users import Users

ENDS = ("committed", "rolled_back", "aborted")


def end_of(lane: Lane, run: str) -> str:
    """Give how a run ended; "" if it has not, or was never begun."""
    ends = (one for one in lane.records() if one.get("event") == "end" and one.get("run") == run)
    return str(next(ends, {}).get("outcome", ""))


def hold_of(lane: Lane) -> Mapping[str, object]:
    """Give what is in the file of the hold; nothing if there is none."""
    try:
        found = json.loads(lane.path(f"{STATE}/hold.json").read_bytes())
    except FileNotFoundError:
        return {}
    except ValueError as error:
        return {"damaged": str(error)}
    return found if isinstance(found, dict) else {"damaged": str(found)}


def problems(lane: Lane, users: Users, old: str, new: str) -> Iterator[str]:
    """Give what is wrong with a settled host but its rows; `old`, `new` are what it may serve."""
    yield from of_the_journal(lane, old, new)
    yield from of_the_kernel(lane)
    yield from of_the_files(lane)
    yield from of_the_backups(lane)
    yield from of_the_users(users)


def of_the_journal(lane: Lane, old: str, new: str) -> Iterator[str]:
    """Every run has its end, and the live release is the one that the last end speaks of."""
    records = lane.records()
    runs = {str(one.get("run")) for one in records if one.get("event") == "begin"}
    ends = {
        str(one.get("run")): str(one.get("outcome")) for one in records if one.get("event") == "end"
    }
    for run in runs - set(ends):
        yield f"journal: run {run} has no end"
    for run, outcome in ends.items():
        if outcome not in ENDS:
            yield f"journal: run {run} ended {outcome}"
    if lane.live not in (old, new):
        yield f"journal: {lane.live or 'nothing'} is live, neither {old} nor {new}"
    if lock.owner(lane.path(STATE)):
        yield "journal: the lock is held"


def of_the_kernel(lane: Lane) -> Iterator[str]:
    """The process behind nginx's link runs in the live release, and no agent is left."""
    live = lane.live
    socket = lane.link(f"/srv/{NAME}/run/live.sock")
    colour = socket.removeprefix(f"/run/{NAME}-").removesuffix("/app.sock")
    names = "MainPID,ActiveState,Result,NRestarts,InvocationID"
    shown = lane.host.run(
        f"systemctl show -p {names} {NAME}@{colour}.service; "
        f"systemctl is-enabled {NAME}@{colour};"
        f"pgrep -f '[a]gent.* work {NAME}'; true"
    ).stdout
    said = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
    others = [line for line in shown.splitlines() if "=" not in line]
    if said.get("ActiveState") != "active":
        yield f"kernel: {NAME}@{colour} is {said.get('ActiveState')}"
    folder = lane.link(f"/proc/{said.get('MainPID', '0')}/cwd")
    if folder != f"/srv/{NAME}/releases/{live}":
        yield f"kernel: the live process runs in {folder or 'nothing'}, not in {live}"
    if not said.get("InvocationID"):
        yield "kernel: the live unit has no invocation"
    if others[:1] != ["enabled"]:
        yield f"kernel: {NAME}@{colour} does not start at boot ({others[:1]})"
    if others[1:]:
        yield f"kernel: an agent is left: {others[1:]}"


def of_the_files(lane: Lane) -> Iterator[str]:
    """Every file of the live release is what was committed, and its packages what was published."""
    folder = lane.path(f"/srv/{NAME}/releases/{lane.live}")
    wanted = lane.files.get(lane.live.partition("-")[2], {})
    if not wanted:
        yield f"files: nobody knows what {lane.live} should be"
    for name, digest in wanted.items():
        if _digest(folder / name) != digest:
            yield f"files: {name} of {lane.live} is not what was committed"
    venv = lane.link(f"/srv/{NAME}/releases/{lane.live}/venv")
    for record in lane.path(venv).glob("lib/*/site-packages/*.dist-info/RECORD"):
        for line in record.read_text().splitlines():
            name, _, rest = line.partition(",")
            if rest.startswith("sha256=") and not name.startswith(".."):
                yield from _package_file(record.parent.parent / name, rest)


def _package_file(path: Path, rest: str) -> Iterator[str]:
    wanted = rest.removeprefix("sha256=").partition(",")[0]
    found = path.read_bytes() if path.exists() else b""
    digest = base64.urlsafe_b64encode(hashlib.sha256(found).digest()).rstrip(b"=").decode()
    if digest != wanted:
        yield f"files: {path.name} of the packages is damaged"


def of_the_backups(lane: Lane) -> Iterator[str]:
    """Every published backup is what its sums say."""
    folder = lane.path("/opt/backups")
    for backup in folder.iterdir() if folder.is_dir() else ():
        if not PUBLISHED.fullmatch(backup.name):
            continue
        sums = backup / "SHA256SUMS"
        if not sums.exists():
            yield f"backups: {backup.name} has no sums"
            continue
        for line in sums.read_text().splitlines():
            digest, _, name = line.partition("  ")
            if _digest(backup / name) != digest:
                yield f"backups: {name} of {backup.name} is not what its sums say"
        with suppress(FileNotFoundError):
            yield from _dump(backup / "database.sqlite3")


def _dump(path: Path) -> Iterator[str]:
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(":memory:")) as database:
            database.deserialize(path.read_bytes())  # SQLite would follow the links in its path
            (said,) = database.execute("PRAGMA integrity_check").fetchone()
    except (sqlite3.Error, MemoryError) as error:
        said = str(error) or type(error).__name__
    if said != "ok":
        yield f"backups: {path.parent.name} holds a damaged database: {said}"


def of_the_rows(lane: Lane, users: Users) -> Iterator[str]:
    """The database is sound, and has all rows that were acknowledged and none that nobody sent."""
    acknowledged = (lane.known | users.acknowledged) - lane.taken_back
    patient = "sqlite3 -cmd '.timeout 10000'"
    done = lane.host.run(f"{patient} {DATABASE} 'PRAGMA integrity_check; SELECT id FROM rows'")
    said, *rows = done.stdout.split() or [""]
    if said != "ok" or done.returncode:
        yield f"rows: the database is damaged: {said} {done.stderr[-200:]}"
    found = set(rows)
    missing = acknowledged - found
    if missing:
        yield f"rows: {len(missing)} acknowledged rows are gone, such as {min(missing)}"
    foreign = found - lane.sent - users.sent
    if foreign:
        yield f"rows: {len(foreign)} rows that nobody sent, such as {min(foreign)}"


def of_the_users(users: Users) -> Iterator[str]:
    """Whoever got an answer got it from one whole release."""
    for one in tuple(users.answers):
        if not one.problem and not one.whole:
            yield f"users: {one.release} answered in parts"
            return


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def told(output: str) -> Mapping[str, object]:
    """Give the last JSON object that a command has printed."""
    for line in reversed(output.splitlines()):
        if line.startswith("{"):
            found = json.loads(line)
            return found if isinstance(found, dict) else {}
    return {}
