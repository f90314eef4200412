"""Measures our deploys beside the same deploy with other tools, and writes what it found.

    python benchmarks/compare.py [--places 3 30] [--ways ours bash] [--rounds 3] [--out FILE]

All ways take turns on the same lab hosts, and who is first changes with each round. It goes on
where it was stopped: what was measured is kept in `--keep`, a file for each cell.
"""

import argparse
import contextlib
import os
import subprocess
import sys
import venv
from dataclasses import replace
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from benchmarks.cells import FULL, Cells, Place  # noqa: E402  this project is beside this file
from benchmarks.extra import count, measure_floor  # noqa: E402
from benchmarks.slow_link import slow  # noqa: E402
from benchmarks.table import report  # noqa: E402
from benchmarks.ways import HERE, WAYS  # noqa: E402
from benchmarks.world import World  # noqa: E402
from deployer.lab.lab import Lab  # noqa: E402

STOPPED = "rollback, old release stopped"
_SMALL = 3


def main(words: list[str] | None = None) -> int:
    """Measure and write; gives the exit code."""
    options = argparse.ArgumentParser(description="Compare deployer with other tools.")
    options.add_argument("--places", nargs="+", default=[], help="such as 3 10 3-50ms")
    options.add_argument("--ways", nargs="+", default=list(WAYS), choices=WAYS)
    options.add_argument("--rounds", type=int, default=0, help="fewer or more than usual")
    options.add_argument("--out", type=Path, default=HERE / "results.md")
    options.add_argument("--keep", type=Path, default=PROJECT / ".benchmarks")
    options.add_argument("--brief", action="store_true", help="only what every way can do at once")
    options.add_argument("--name", default=f"benchmark-{os.getpid()}", help="of the lab")
    given = options.parse_args(words)
    ways = tuple(way for way in WAYS if way in given.ways)
    tools = install(given.keep) if set(ways) - {"ours", "bash"} else Path(sys.executable).parent
    cells = Cells.load(given.keep)
    for place in FULL:
        if given.places and place.key.lstrip("0").removesuffix("-0ms") not in given.places:
            continue
        wanted = replace(place, rounds=given.rounds or place.rounds)
        wanted = replace(wanted, first=(), rounds=1) if given.brief else wanted
        at(wanted, cells, ways, (given.name, tools), brief=given.brief)
    given.out.write_text(report(cells, FULL, ways))
    print(given.out.read_text())
    return 0


def install(keep: Path) -> Path:
    """Give the folder with the programs of the peers, installed if they are not there yet."""
    folder, wanted = keep / "tools", HERE / "peers/requirements.txt"
    done = folder / "done.txt"
    if not done.exists() or done.read_text() != wanted.read_text():
        venv.create(folder, with_pip=True, clear=True)
        pip = (folder / "bin/python", "-m", "pip", "install", "--quiet", "-r", wanted)
        subprocess.run(pip, check=True)
        done.write_text(wanted.read_text())
    return folder / "bin"


def at(
    place: Place, cells: Cells, ways: tuple[str, ...], lab_of: tuple[str, Path], *, brief: bool
) -> None:
    """Measure what is missing of a place, on hosts of its own."""
    missing = [one for one in cells.wanted(place, ways) if cells.missing(place, *one)]
    missing += [] if brief else cells.missing_extra(place, ways)
    if not missing:
        return
    name, tools = lab_of
    with Lab(name, project=PROJECT) as lab, contextlib.ExitStack() as longer:
        world = World(lab, place.hosts, tools)
        world.prepare()
        bring_up(world, place, cells, ways)
        if place.delay:
            links = [host.link for host in world.hosts]
            longer.enter_context(slow(lab.place.bridge, links, place.delay))
        for number in range(place.rounds):
            turn = number % len(ways)
            for way in ways[turn:] + ways[:turn]:
                take_turn(world, place, cells, way)
        if not brief:
            count(world, place, cells, ways)
            measure_floor(world, place, cells)


def bring_up(world: World, place: Place, cells: Cells, ways: tuple[str, ...]) -> None:
    """Make v4 live for us and for the peers, by first deploys of all who shall be timed."""
    by_peer = False
    for way in ways:
        timed = way in place.first and cells.missing(place, way, "first deploy")
        if not timed and (way != "ours" if by_peer else way not in ("ours", "bash")):
            continue
        if way != "ours":
            world.bare()
            by_peer = True
        taken = world.type(way, "deploy", "v4")
        if timed:
            cells.add(place, way, "first deploy", taken)


def take_turn(world: World, place: Place, cells: Cells, way: str) -> None:
    """Let one way go there and back, once more if anything is missing; v4 is live before."""
    tasks = ("redeploy", "rollback", *(("no-op",) if way in place.again else ()))
    stopped = way == "ours" and place.hosts <= _SMALL and not place.delay
    tasks += (STOPPED,) if stopped else ()
    if not any(cells.missing(place, way, task) for task in tasks):
        return
    if way == "ours":
        world.cool()
    cells.add(place, way, "redeploy", world.type(way, "deploy", "v5"))
    cells.add(place, way, "rollback", world.type(way, "rollback", "v4"))
    if "no-op" in tasks:
        cells.add(place, way, "no-op", world.type(way, "deploy", "v4"))
    if stopped:
        world.cool()
        world.type(way, "deploy", "v5")
        world.cool()
        cells.add(place, way, STOPPED, world.type(way, "rollback", "v4"))


if __name__ == "__main__":
    sys.exit(main())
