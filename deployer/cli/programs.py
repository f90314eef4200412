"""Programs for work on deployer itself, one after the other, until one fails."""

import subprocess
import sys
from pathlib import Path

from invoke.exceptions import Exit

Words = tuple[str, ...]

RESULTS = "tests/faults/results.jsonl"
CHECKS: tuple[Words, ...] = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy",),
    ("lint-imports",),
)


def programs(*commands: Words) -> None:
    """Run programs of this Python's environment; the first that fails ends the command."""
    for words in commands:
        print(f"$ {' '.join(words)}", flush=True)  # noqa: T201  the command line talks to people
        own = Path(sys.executable).parent / words[0]
        program = str(own) if own.exists() else words[0]
        try:
            done = subprocess.run((program, *words[1:]), check=False)  # noqa: S603  our own words
        except FileNotFoundError:
            raise Exit(f"error: `{words[0]}` is not installed", code=1) from None
        if done.returncode:
            raise Exit(code=1)


def pytest(*, lab: bool, select: str) -> Words:
    """Give the words that run the tests."""
    hosts: Words = () if lab else ("-m", "not lab")
    chosen: Words = ("-k", select) if select else ()
    return ("pytest", "-q", *hosts, *chosen)


def mkdocs(*, serve: bool) -> Words:
    """Give the words that build or show the documentation."""
    return ("mkdocs", "serve") if serve else ("mkdocs", "build", "--strict")


def fuzzers(*, count: str, seed: str, only: str) -> Words:
    """Give the words that run the fuzzers."""
    given = (("--count", count), ("--seed", seed), ("--only", only))
    chosen = tuple(f"{flag}={value}" for flag, value in given if value)
    return ("python", "-m", "tests.fuzz", *chosen)


def fault_matrix(*, select: str, hosts: int, seed: int) -> tuple[Words, ...]:
    """Give the words that inject faults, and those that write the page of all results."""
    python = (sys.executable, "-m")
    words = (*python, "tests.faults", f"--hosts={hosts}", f"--seed={seed}")
    if select:
        return ((*words, f"--select={select}"),)
    return ((*words, f"--results={RESULTS}"), (*python, "docs.generator"))
