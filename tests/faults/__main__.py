"""All cases: `python -m tests.faults [--select TEXT] [--hosts N] [--seed S] [--results FILE]`."""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from deployer.lab.lab import Lab
from tests.faults.case import Case, Result
from tests.faults.harness import Harness
from tests.faults.matrix import cases, shuffled


def main() -> int:
    """Run the chosen cases; 0 if all were survived."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--select", default="", help="only cases whose names contain this text")
    options.add_argument("--hosts", type=int, default=2)
    options.add_argument("--seed", type=int, default=1, help="decides the order")
    options.add_argument("--first", type=int, default=0, help="only so many")
    given = options.parse_args()
    chosen = [one for one in cases() if given.select in one.name]
    return run(shuffled(chosen, given.seed)[: given.first or None], given.hosts)


def run(chosen: tuple[Case, ...], hosts: int) -> int:
    """Inject these on so many hosts, and say how it went."""
    with Lab(f"faults-{os.getpid()}") as lab, tempfile.TemporaryDirectory() as folder:
        harness = Harness(lab, Path(folder), tell)
        harness.prepare(hosts)
        results = harness.run(chosen)
        harness.close()
    survived = sum(one.survived for one in results)
    say(f"{len(chosen)} chosen, {len(results)} injected, {survived} survived")
    return int(survived < len(chosen))


def tell(result: Result) -> None:
    """Say how one case went."""
    mark = "survived" if result.survived else "FAILED  "
    figures = f"back in {result.recovered} s, lost {result.lost} of {result.asked}"
    ended = f"{result.outcome} exit {result.exit_code} {result.seconds} s, {figures}"
    say(f"{mark} {result.case.name}: {ended}")
    for problem in (*result.problems, *result.losses):
        say(f"         {problem}")


def say(text: str) -> None:
    """Print a line now."""
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
