"""How an app stands on the host; cheap, because every command asks it first."""

from __future__ import annotations

import pwd
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from deployer.agent.context import ActionFailed, Context, Fields
from deployer.agent.facts.processes import standing_processes
from deployer.agent.runs import counters, standing
from deployer.agent.runs.at_work import at_work
from deployer.agent.runs.fleet_records import fleet_records
from deployer.agent.runs.freezes import read_frozen
from deployer.agent.runs.holds import described, read_hold
from deployer.agent.runs.journal import NAME, Record, load
from deployer.agent.runs.recovery import broken, last_fallback, plan
from deployer.agent.runs.release_record import read_record
from deployer.agent.runs.standing import COLOURS, linked, live_colour, releases
from deployer.agent.schema.schema_ledger import read_ledger

_ASKED = "Id,ActiveState,SubState,MainPID,NRestarts,ActiveEnterTimestampMonotonic"
_NOTHING: Mapping[str, str] = {}


def app(ctx: Context, _question: Fields) -> object:
    """Give the app's releases, colours, lock, open run, hold and counters."""
    folder = ctx.state_folder
    if not folder.is_dir():
        return {"set_up": False, "user": _has_user(ctx.app)}
    live = linked(ctx, "run/live")
    records = load(folder / NAME)
    return {
        "set_up": True,
        "user": _has_user(ctx.app),
        "fence": counters.number(folder, counters.FENCE),
        "counter": _counter(ctx, folder),
        "live": live,
        "live_colour": live_colour(ctx),
        "current": linked(ctx, "current"),
        **({"inherits": True} if standing.inherits(ctx, live) else {}),
        "colours": _colours(ctx),
        "releases": _releases(ctx),
        "open_run": _open_run(records),
        "broken": _broken(records),
        "fallback": _fallback(records),
        **fleet_records(records),
        "locked_by": at_work(folder) or None,
        "hold": described(hold) if (hold := read_hold(folder)) else None,
        "frozen": read_frozen(folder),
        "maintenance": _maintenance(ctx),
        "config_digest": _digest(ctx, live),
        "schema": read_ledger(folder),
        **standing_processes(ctx),
    }


def _maintenance(ctx: Context) -> str:
    """Give since when users are kept out; "" if they are not."""
    try:
        written = ctx.path(f"/srv/{ctx.app}/run/maintenance.html").stat().st_mtime
    except OSError:
        return ""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(written))


def _has_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _colours(ctx: Context) -> dict[str, object]:
    units = _units(ctx)
    return {
        colour: {
            "release": linked(ctx, f"run/{colour}"),
            **_described(units.get(f"{ctx.app}@{colour}.service", _NOTHING)),
        }
        for colour in COLOURS
    }


def _units(ctx: Context) -> dict[str, Mapping[str, str]]:
    if not ctx.path(f"/etc/systemd/system/{ctx.app}@.service").exists():
        return {}
    names = [f"{ctx.app}@{colour}.service" for colour in COLOURS]
    words = ["systemctl", "show", "-p", _ASKED, "--", *names]
    done = ctx.execute(words, timeout=20, quiet=True)
    if not done.ok:
        raise ActionFailed(f"`systemctl show` {done.problem}", log=done.lines)
    blocks = done.stdout.decode("utf-8", "replace").strip().split("\n\n")
    units = [dict(line.split("=", 1) for line in one.splitlines() if "=" in line) for one in blocks]
    return {unit.get("Id", ""): unit for unit in units}


def _described(unit: Mapping[str, str]) -> dict[str, object]:
    since = _whole(unit, "ActiveEnterTimestampMonotonic") / 1e6
    active = unit.get("ActiveState", "inactive")
    began = time.time() - (time.clock_gettime(time.CLOCK_MONOTONIC) - since)
    is_up = since and active == "active"
    return {
        "active": active,
        "sub": unit.get("SubState", "dead"),
        "pid": _whole(unit, "MainPID"),
        "restarts": _whole(unit, "NRestarts"),
        "since": time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(began)) if is_up else "",
    }


def _whole(unit: Mapping[str, str], key: str) -> int:
    text = unit.get(key, "")
    return int(text) if text.isdigit() else 0


def _counter(ctx: Context, folder: Path) -> int:
    """Give the last number that counts as used, also if the counter's file was lost."""
    used = [int(name[:6]) for name in releases(ctx)]
    return max([counters.number(folder, counters.RELEASES), *used])


def _releases(ctx: Context) -> list[object]:
    folder = ctx.path(f"/srv/{ctx.app}/releases")
    return [
        {
            "number": int(name[:6]),
            "revision": name[7:],
            "state": "building",
            **read_record(folder / name),
            "id": name,
        }
        for name in releases(ctx)
    ]


def _broken(records: Sequence[Record]) -> object:
    found = broken(records)
    return found and asdict(found)


def _fallback(records: Sequence[Record]) -> object:
    found = last_fallback(records)
    return found and {
        "since": time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(_seconds(found.get("time")))),
        "cause": found.get("cause"),
    }


def _seconds(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


def _open_run(records: Sequence[Record]) -> object:
    found = plan(records)
    if found is None:
        return None
    return {
        "run": found.run,
        "command": found.command,
        "release": found.release,
        "actor": found.actor,
        "step": found.undo[0].step if found.undo else "",
    }


def _digest(ctx: Context, live: str) -> str:
    if not live:
        return ""
    try:
        return ctx.path(f"/srv/{ctx.app}/releases/{live}/config/digest").read_text().strip()
    except OSError:
        return ""
