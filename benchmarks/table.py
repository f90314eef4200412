"""Figures as a page: who took how long, at what cost, and which aims are met, on which machine."""

import os
import platform
import subprocess
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from statistics import median

from benchmarks.aims import aims
from benchmarks.cells import TASKS, Cells, Place
from benchmarks.measured import Taken
from benchmarks.ways import HERE

_HEAD = """\
# deployer beside other tools

Written by `benchmarks/compare.py` on {day} from the runs that it keeps. Whole commands as they are
typed, cold (no connection is left from the one before), all ways in turns on the same hosts.
Medians of seconds; `x` is the median of what a way took over what `bash` took in the same round,
and `(n)` the number of rounds. "all CPU" is that of the controller and all hosts together,
over what bash used.

Machine: {machine}; load {load} when this was written.
{versions}. {peers}.
The hosts are lab hosts on the same cores as the controller, so the ratios hold for this machine:
with hosts of their own the work there would run beside ours. Other work on it lengthens all.

All do the same: back up and read the backup back, bring the code, fit the virtual environment,
migrate, collect static files, write the configuration, restart, wait until the new release answers
through nginx, prune. The others do every step each time and restart in place, so that requests fail
meanwhile; ours starts the new release beside the old one, proves it, switches, and commits over a
second connection. `settle` is 0, as the others have none. A no-op is the same deploy once more.
bash: one ssh call for each host, all at once (`deploy.sh`). fabric-serial, fabric-group: a command
for each step, host by host, or each step on all hosts (ThreadingGroup). pyinfra, ansible (50 forks,
pipelining): their own modules (`benchmarks/peers/`). `floor`: what our agents do in a redeploy,
told by a program on each host at the same moment, with no transport.
"""


def report(cells: Cells, places: Sequence[Place], ways: tuple[str, ...]) -> str:
    """Give the page."""
    page = _HEAD.format(
        day=f"{datetime.now(UTC):%Y-%m-%d}",  # noqa: TID251  a page says when it was written
        machine=f"{os.cpu_count()} cores, {platform.machine()}, Linux {platform.release()}",
        load=" ".join(f"{one:.1f}" for one in os.getloadavg()),
        versions=_versions(),
        peers=_peers(),
    )
    measured = [place for place in places if any(key[0] == place.key for key in cells.found)]
    page += "\n## Aims\n\n" + _rows(("aim", "found", ""), aims(cells, measured))
    reading = HERE / "reading.md"
    page += f"\n{reading.read_text()}" if reading.exists() else ""
    for place in measured:
        page += f"\n## {place.name[0].upper()}{place.name[1:]}\n\n"
        page += _rows(("seconds", *ways), _walls(cells, place, ways))
        page += "\n" + _rows(_COSTS, _costs(cells, place, ways))
        page += _wires(cells, place, ways)
    return page


_COSTS = ("", "", "all CPU", "controller CPU s", "ms a host", "hosts' CPU s", "controller MiB")


def _walls(cells: Cells, place: Place, ways: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    for task in TASKS:
        row = [_wall(cells, place, way, task) for way in ways]
        if any(row):
            yield (task, *row)
    floor = cells.floor(place)
    if floor:
        yield ("redeploy, floor", f"{median(floor):.2f} ({len(floor)})", *("" for _ in ways[1:]))


def _wall(cells: Cells, place: Place, way: str, task: str) -> str:
    runs = cells.runs(place, way, task)
    if not runs:
        return ""
    bash = "rollback" if task.startswith("rollback") else task
    ratio = cells.ratio(place, (way, task), ("bash", bash))
    shown = f"{median(one.wall for one in runs):.2f}"
    over = f" {ratio:.2f}x" if ratio is not None and way != "bash" else ""
    return f"{shown}{over} ({len(runs)})"


def _costs(cells: Cells, place: Place, ways: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    for task in TASKS[:4]:
        for way in ways:
            runs = cells.runs(place, way, task)
            if runs:
                over = _all_cpu(runs) / (
                    _all_cpu(cells.runs(place, "bash", task)) or _all_cpu(runs)
                )
                yield (task, way, f"{over:.2f}x", *_cost(runs, place.hosts))


def _all_cpu(runs: list[Taken]) -> float:
    return median(one.here + one.there for one in runs) if runs else 0.0


def _cost(runs: list[Taken], hosts: int) -> tuple[str, ...]:
    here = median(one.here for one in runs)
    there, memory = median(one.there for one in runs), max(one.memory for one in runs)
    return f"{here:.2f}", f"{here / hosts * 1000:.0f}", f"{there:.2f}", f"{memory:.0f}"


def _wires(cells: Cells, place: Place, ways: tuple[str, ...]) -> str:
    rows = [
        (
            task,
            way,
            f"{wire.connections:.1f}",
            f"{wire.round_trips:.0f}",
            f"{wire.kib_out:.0f}",
            f"{wire.kib_in:.0f}",
        )
        for task in TASKS
        for way in ways
        for name, wire in cells.wires(place, way).items()
        if name == task
    ]
    if not rows:
        return ""
    head = ("on each host", "", "connections", "round trips", "KiB out", "KiB in")
    return (
        "\nA round trip is that we speak on a connection after the host has spoken, as seen on the "
        "wire; handshakes and logins are among them.\n\n" + _rows(head, rows)
    )


def _rows(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(one)} |\n" for one in lines)


def _versions() -> str:
    ssh = subprocess.run(["ssh", "-V"], capture_output=True, text=True, check=True).stderr
    names = ("deployer", "fabric", "paramiko", "pydantic")
    ours = ", ".join(f"{name} {version(name)}" for name in names)
    return f"Python {platform.python_version()}, {ours}; {ssh.split(',')[0]}"


def _peers() -> str:
    lines = (HERE / "peers/requirements.txt").read_text().splitlines()
    pinned = (line.split("==") for line in lines if "==" in line)
    return "Peers: " + ", ".join(" ".join(one) for one in pinned)
