"""The results of a run: one JSON object a line, kept in the repository."""

import json
import os
import platform
import time
from collections.abc import Iterable
from pathlib import Path

from tests.faults.build import PROJECT
from tests.faults.case import Result
from tests.faults.controls import Shown

KEPT = PROJECT / "tests/faults/results.jsonl"


def header(seed: int, hosts: int, seconds: float) -> dict[str, object]:
    """Say when and on what the run was made."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024**3
    machine = f"{os.cpu_count()} cores, {memory} GiB, Linux {platform.release()}"
    date = time.strftime("%Y-%m-%d %H:%M", time.gmtime())
    run = {"date": date, "seed": seed, "hosts": hosts, "minutes": round(seconds / 60, 1)}
    return {"run": True, **run, "machine": machine}


def write(
    path: Path, first: dict[str, object], results: Iterable[Result], shown: Iterable[Shown]
) -> None:
    """Write all of a run, in an order that does not depend on which host was faster."""
    rows = [compact(one.row()) for one in sorted(results, key=lambda one: one.case.name)]
    rows += [one.row() for one in sorted(shown, key=lambda one: one.control.mechanism)]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in (first, *rows)))


def compact(row: dict[str, object]) -> dict[str, object]:
    """Leave out what is as usual."""
    return {key: value for key, value in row.items() if value not in (0, 0.0, "", [], False)}
