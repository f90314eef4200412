"""Measures our deploys beside deploy.sh on the same lab hosts, and writes what it found.

    python benchmarks/compare.py [--hosts 1 3] [--rounds 5] [--out benchmarks/results.md]

A redeploy goes between two good revisions that differ by a template; both ways take turns, and
who is first changes with each round. Seconds are those of the whole command as it is typed.
"""

import argparse
import os
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from benchmarks.costs import Cost, costs  # noqa: E402  this project is beside this file
from benchmarks.samples import Samples  # noqa: E402
from benchmarks.table import report  # noqa: E402
from benchmarks.world import World  # noqa: E402
from deployer.lab.lab import Lab  # noqa: E402


def main(words: list[str] | None = None) -> int:
    """Measure and write; gives the exit code."""
    options = argparse.ArgumentParser(description="Compare deployer with a deploy.sh.")
    options.add_argument("--hosts", type=int, nargs="+", default=[1, 3])
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--out", type=Path, default=PROJECT / "benchmarks/results.md")
    options.add_argument("--brief", action="store_true", help="only see whether it works")
    options.add_argument("--name", default=f"benchmark-{os.getpid()}", help="of the lab")
    given = options.parse_args(words)
    found: dict[int, tuple[Samples, tuple[Cost, ...]]] = {}
    for hosts in given.hosts:
        with Lab(given.name, project=PROJECT) as lab:
            world = World(lab, hosts)
            world.prepare()
            if given.brief:
                found[hosts] = (glance(world), ())
            else:
                found[hosts] = (measure(world, given.rounds), costs(world))
    given.out.write_text(report(found, given.rounds))
    print(given.out.read_text())
    return 0


def glance(world: World) -> Samples:
    """Let both ways do a redeploy, and do nothing."""
    samples = Samples()
    for name in ("redeploy", "no-op"):
        for turn in (world.ours, world.bash):
            samples.add(name, turn.__name__, turn("deploy", "v5"))
    return samples


def measure(world: World, rounds: int) -> Samples:
    """Let both ways do the same things in turns; v4 is live before and v4 or v5 afterwards."""
    samples = Samples()
    turns = [world.ours, world.bash]

    def both(name: str, task: str, revision: str) -> None:
        for turn in turns:
            samples.add(name, turn.__name__, turn(task, revision))

    live, other = "v4", "v5"
    for _ in range(rounds):
        world.cool()
        both("redeploy", "deploy", other)
        both("rollback, old release warm", "rollback", live)
        world.cool()
        both("redeploy", "deploy", other)
        both("redeploy, old release warm", "deploy", live)
        world.cool()
        both("rollback, old release stopped", "rollback", other)
        both("no-op", "deploy", other)
        live, other = other, live
        turns.reverse()
    return samples


if __name__ == "__main__":
    sys.exit(main())
