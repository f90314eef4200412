# ruff: noqa: T201  it tells people how it went
"""`python -m tests.fuzz`: generated inventories and command lines, until all are done.

Every finding is printed with the number of its case; `--seed S --only N` makes it again.
"""

import argparse
import logging
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.fuzz import command_lines, inventories

LONGEST = 1.0
"""Seconds of computing that one case may take."""

Attempt = Callable[[random.Random], str]


class Findings(Exception):
    """Some cases broke; `texts` tells which."""

    def __init__(self, texts: tuple[str, ...]) -> None:
        super().__init__("\n".join(texts))
        self.texts = texts


def run(kind: str, attempt: Attempt, seed: int, numbers: range) -> Counter[str]:
    """Do cases by number; gives how they ended. Raises Findings."""
    ends: Counter[str] = Counter()
    found: list[str] = []
    for number in numbers:
        started = time.process_time()
        try:
            ends[attempt(random.Random(f"{kind}{seed}/{number}"))] += 1
            took = time.process_time() - started
            assert took < LONGEST, f"took {took:.2f} s"
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            last = "".join(traceback.format_tb(error.__traceback__)[-2:])
            found.append(f"{kind} {number}: {type(error).__name__}: {str(error)[:2000]}\n{last}")
            if len(found) >= 20:
                break
    if found:
        raise Findings(tuple(found))
    return ends


def fuzz(seed: int, count: int, *, only: int | None = None) -> dict[str, Counter[str]]:
    """Do `count` cases, half of each kind; raises Findings."""
    numbers = range(count // 2) if only is None else range(only, only + 1)
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as scratch:
        files = Path(scratch).resolve() / "files"
        files.mkdir()
        with command_lines.playground(Path(scratch).resolve() / "a/b/project") as contacts:
            attempts: dict[str, Attempt] = {
                "inventory": lambda chance: inventories.attempt(files, chance),
                "command line": lambda chance: command_lines.attempt(contacts, chance),
            }
            return _all(attempts, seed, numbers)


def _all(attempts: dict[str, Attempt], seed: int, numbers: range) -> dict[str, Counter[str]]:
    ends: dict[str, Counter[str]] = {}
    found: tuple[str, ...] = ()
    for kind, attempt in attempts.items():
        try:
            ends[kind] = run(kind, attempt, seed, numbers)
        except Findings as findings:
            found += findings.texts
    if found:
        raise Findings(found)
    return ends


def main() -> int:
    """Read the words, fuzz, tell."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--only", type=int)
    asked = parser.parse_args()
    print(f"seed {asked.seed}, {asked.count} cases", flush=True)
    started = time.monotonic()
    try:
        ends = fuzz(asked.seed, asked.count, only=asked.only)
    except Findings as findings:
        print(*findings.texts, sep="\n")
        print(f"{len(findings.texts)} findings with seed {asked.seed}")
        return 1
    for kind, counted in ends.items():
        print(
            f"{kind}: {counted.total()} cases, "
            + ", ".join(f"{n} {end}" for end, n in sorted(counted.items()))
        )
    print(f"0 findings in {time.monotonic() - started:.0f} s with seed {asked.seed}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
