"""All cases and controls: `python -m tests.faults [--select TEXT] [--hosts N] [--seed S]`."""

import argparse
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

from deployer.lab.lab import Lab
from tests.faults.build import PROJECT
from tests.faults.case import Case, Result
from tests.faults.controls import Control, Shown, controls
from tests.faults.harness import Harness
from tests.faults.matrix import cases, one_of_each, shuffled
from tests.faults.results import Kept, compact, header


def main() -> int:
    """Run what is chosen; 0 if all was survived and every control was shown."""
    given = options().parse_args()
    chosen = shuffled([one for one in cases(given.seed) if given.select in one.name], given.seed)
    if given.one_of_each:
        chosen = one_of_each(chosen)
    wanted = [one for one in controls() if given.select in f"control {one.mechanism}"]
    return run(chosen[: given.first or None], tuple(wanted), given)


def options() -> argparse.ArgumentParser:
    """Give the words that are understood."""
    found = argparse.ArgumentParser(description=__doc__)
    found.add_argument("--select", default="", help="only names that contain this text")
    found.add_argument("--hosts", type=int, default=2, help="how many work side by side")
    found.add_argument("--seed", type=int, default=1, help="decides order and random moments")
    found.add_argument(
        "--corrupted",
        type=int,
        default=100,
        help="feed so many damaged backups; none with --select",
    )
    found.add_argument("--first", type=int, default=0, help="only so many cases")
    found.add_argument("--one-of-each", action="store_true", help="one case of each kind")
    found.add_argument("--results", type=Path, help="write all results to this file")
    return found


def run(chosen: tuple[Case, ...], wanted: tuple[Control, ...], given: argparse.Namespace) -> int:
    """Inject these, do the controls, feed damaged backups, and say how it went."""
    began = time.monotonic()
    kept = Kept(given.results)
    corrupted = 0 if given.select else given.corrupted

    def told(result: Result) -> None:
        tell(result)
        kept.add(compact(result.row()))

    def told_control(shown: Shown) -> None:
        tell_control(shown)
        kept.add(shown.row())

    with (
        Lab(f"faults-{os.getpid()}", project=PROJECT) as lab,
        tempfile.TemporaryDirectory() as folder,
    ):
        harness = Harness(lab, Path(folder), told)
        signal.signal(signal.SIGTERM, lambda *_: harness.stop())
        harness.prepare(given.hosts if chosen or corrupted else 0)
        results = harness.run(chosen)
        fed = harness.corrupt(corrupted, given.seed) if corrupted and not harness.stopped else ()
        harness.close()
        shown = harness.show(wanted, told_control)
    for one in fed:
        kept.add(one.row())
    kept.finish(header(given.seed, given.hosts, time.monotonic() - began))
    survived = sum(one.survived for one in results)
    needed = sum(one.is_shown for one in shown)
    missed = [name for one in fed for name in one.missed]
    say(f"{len(chosen)} cases, {len(results)} injected, {survived} survived")
    say(f"{sum(one.count for one in fed)} corrupted backups fed, not found: {missed or 'none'}")
    say(f"{len(wanted)} controls, {needed} shown")
    return int(survived < len(chosen) or needed < len(wanted) or bool(missed))


def tell(result: Result) -> None:
    """Say how one case went."""
    mark = "survived" if result.survived else "FAILED  "
    figures = f"back in {result.recovered} s, lost {result.lost} of {result.asked}"
    if result.noticed:
        figures = f"noticed in {result.noticed} s, {figures}"
    ended = f"{result.outcome} exit {result.exit_code} {result.seconds} s, {figures}"
    say(f"{mark} {result.case.name}: {ended}")
    for problem in (*result.problems, *result.losses):
        say(f"         {problem}")


def tell_control(shown: Shown) -> None:
    """Say what one control showed."""
    mark = "shown   " if shown.is_shown else "FAILED  "
    say(f"{mark} without {shown.control.mechanism}: {'; '.join(shown.without_it)[:400]}")
    for problem in shown.with_it:
        say(f"         even with it: {problem}")


def say(text: str) -> None:
    """Print a line now."""
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
