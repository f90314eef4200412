"""The results of a run: one JSON object a line, kept in the repository."""

import json
import os
import platform
import time
from collections.abc import Mapping
from pathlib import Path
from threading import Lock

from tests.faults.build import PROJECT

KEPT = PROJECT / "tests/faults/results.jsonl"


def header(seed: int, hosts: int, seconds: float) -> dict[str, object]:
    """Say when and on what the run was made."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024**3
    machine = f"{os.cpu_count()} cores, {memory} GiB, Linux {platform.release()}"
    date = time.strftime("%Y-%m-%d %H:%M", time.gmtime())
    run = {"date": date, "seed": seed, "hosts": hosts, "minutes": round(seconds / 60, 1)}
    return {"run": True, **run, "machine": machine}


class Kept:
    """A file of results that grows as they come; what was seen is not lost with the run."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = Lock()
        if path:
            path.write_text("")

    def add(self, row: Mapping[str, object]) -> None:
        """Append one result."""
        if self._path:
            with self._lock, self._path.open("a") as file:
                file.write(f"{json.dumps(row)}\n")

    def finish(self, first: Mapping[str, object]) -> None:
        """Put what is said of the whole run first, and the rest in an order of its own."""
        if self._path:
            rows = sorted(self._path.read_text().splitlines(), key=_place)
            self._path.write_text("".join(f"{row}\n" for row in (json.dumps(first), *rows)))


def _place(line: str) -> tuple[bool, str]:
    row = json.loads(line)
    keys = ("mechanism", "during", "way", "kind", "point", "second", "seed")
    return "kind" not in row, " / ".join(str(row.get(key, "")) for key in keys)


def compact(row: Mapping[str, object]) -> dict[str, object]:
    """Leave out what is as usual."""
    return {key: value for key, value in row.items() if value not in (0, 0.0, "", [], False)}
