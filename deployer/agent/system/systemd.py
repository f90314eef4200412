"""Ask systemd about a unit: its state, its processes, its log."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deployer.agent.context import ActionFailed, Context
from deployer.agent.system.programs import Completed

_UNIT = re.compile(r"[A-Za-z0-9:_.@-]+\.(?:service|socket|timer|target)")
_ASKED = (
    "LoadState,ActiveState,SubState,Result,NRestarts,MainPID,ControlGroup,"
    "ActiveEnterTimestampMonotonic"
)
_HIERARCHIES = ("/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd")
LOG_LINES = 30


@dataclass(frozen=True)
class UnitState:
    """What `systemctl show` says of a unit; `since` is on the monotonic clock, in seconds."""

    load: str = ""
    active: str = "inactive"
    sub: str = "dead"
    result: str = ""
    restarts: int = 0
    main: int = 0
    group: str = ""
    since: float = 0.0


def unit_name(unit: str) -> str:
    """Give the name back if it can be a unit's; raises ActionFailed."""
    if not _UNIT.fullmatch(unit) or unit.startswith("-"):
        raise ActionFailed(f"`{unit}` is not the name of a unit")
    return unit


def systemctl(ctx: Context, *words: str, timeout: float = 30.0) -> Completed:
    """Run systemctl without showing its output."""
    return ctx.execute(["systemctl", *words], timeout=timeout, quiet=True)


def show(ctx: Context, unit: str) -> UnitState:
    """Ask for the state of a unit."""
    return show_all(ctx, (unit,))[unit]


def show_all(ctx: Context, units: Sequence[str]) -> dict[str, UnitState]:
    """Ask for the states of units, all in one."""
    if not units:
        return {}
    completed = systemctl(ctx, "show", "-p", _ASKED, "--", *units)
    if not completed.ok:
        raise ActionFailed(
            f"`systemctl show {' '.join(units)}` {completed.problem}",
            "Is systemd running?",
            completed.lines,
        )
    blocks = completed.stdout.decode("utf-8", "replace").strip().split("\n\n")
    said = ([line for line in block.splitlines() if "=" in line] for block in blocks)
    states = [_state(dict(line.split("=", 1) for line in lines)) for lines in said]
    return {unit: states[at] if at < len(states) else UnitState() for at, unit in enumerate(units)}


def processes(state: UnitState) -> frozenset[int]:
    """Give the processes in the unit's control group."""
    for hierarchy in _HIERARCHIES:
        listed = Path(f"{hierarchy}{state.group}/cgroup.procs")
        try:
            found = listed.read_text().split()
        except OSError:
            continue
        if state.group and found:
            return frozenset(int(one) for one in found if one != "0")
    return frozenset()


def folder_of(process: int) -> str:
    """Give the folder that a process works in, "" if it cannot be told."""
    try:
        return str(Path(f"/proc/{process}/cwd").readlink()) if process > 0 else ""
    except OSError:
        return ""


def log_of(ctx: Context, unit: str, since: float, lines: int = LOG_LINES) -> tuple[str, ...]:
    """Give the last lines that a unit has logged since a moment (seconds since 1970)."""
    words = ["journalctl", "-u", unit, "--since", f"@{since:.3f}", "-o", "cat", "-n", str(lines)]
    return ctx.execute([*words, "--no-pager", "-q"], timeout=20, quiet=True).lines[-lines:]


def pause(ctx: Context, seconds: float) -> None:
    """Wait, unless the run is cancelled meanwhile; raises ActionFailed then."""
    if ctx.cancelled.wait(seconds):
        raise ActionFailed("cancelled")


def _state(said: Mapping[str, str]) -> UnitState:
    return UnitState(
        load=said.get("LoadState", ""),
        active=said.get("ActiveState", "inactive"),
        sub=said.get("SubState", "dead"),
        result=said.get("Result", ""),
        restarts=_whole(said, "NRestarts"),
        main=_whole(said, "MainPID"),
        group=said.get("ControlGroup", ""),
        since=_whole(said, "ActiveEnterTimestampMonotonic") / 1e6,
    )


def _whole(said: Mapping[str, str], key: str) -> int:
    text = said.get(key, "")
    return int(text) if text.isdigit() else 0
