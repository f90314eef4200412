"""How much memory is free, and how much each colour of the app takes."""

from __future__ import annotations

from pathlib import Path

from deployer.agent.context import Context
from deployer.agent.runs import standing
from deployer.agent.system.systemd import processes, show

_UNIT = 1024


def memory(ctx: Context) -> dict[str, int]:
    """Give bytes: what could be had without swapping, and what the live and idle colours take."""
    live = standing.live_colour(ctx)
    return {
        "memory_free": _read(ctx.path("/proc/meminfo"), "MemAvailable", "SwapFree"),
        "live_memory": _taken_by(ctx, live),
        "idle_memory": _taken_by(ctx, standing.other(live)) if live else 0,
    }


def _taken_by(ctx: Context, colour: str) -> int:
    """Add up what the processes of a colour take, pages that they share only once."""
    unit = f"{ctx.app}@{colour}.service"
    # systemd keeps this link as long as the unit runs; asking systemd takes a process.
    if not colour or not ctx.path(f"/run/systemd/units/invocation:{unit}").is_symlink():
        return 0
    members = processes(show(ctx, unit))
    return sum(_read(ctx.path(f"/proc/{one}/smaps_rollup"), "Pss") for one in members)


def _read(path: Path, *names: str) -> int:
    """Add up the values of these names; a process that is gone has none."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return 0
    found = (line.split(":", 1) for line in lines if ":" in line)
    return sum(int(rest.split()[0]) * _UNIT for name, rest in found if name in names)
