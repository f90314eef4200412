"""Measures what users notice of deploys, rollbacks and failed deploys, and keeps it.

    python -m benchmarks.load [--hosts 1 3] [--requests 100000] [--out benchmarks/load.jsonl]

On one host all restart kinds are measured, and beside them `systemctl restart` in place. Then, on
each number of hosts, all is done in turn that can happen to an app, until at least 20 things were
done and so many requests asked. With the numbers that are set here both together take about 20
minutes on a quiet machine. `python -m docs.generator` makes `docs/load.md` of the results.
"""

import argparse
import itertools
import json
import os
import platform
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

from benchmarks.crowd import Crowd
from benchmarks.loaded import BROKEN, NAME, Loaded
from benchmarks.memory import Memory
from deployer.lab.host import LabHost
from deployer.lab.lab import Lab

PROJECT = Path(__file__).resolve().parent.parent
IN_PLACE = "systemctl restart"
KINDS = (IN_PLACE, "plain", "socket", "blue-green")
TURNS = tuple(itertools.chain.from_iterable((one, "good", "rollback") for one in BROKEN))
Row = dict[str, object]
pause = Event().wait


def main(words: list[str] | None = None) -> int:
    """Measure and write; gives 1 if a request was lost that must not be."""
    options = argparse.ArgumentParser(description="Count what users notice.")
    options.add_argument("--hosts", type=int, nargs="+", default=[1, 3])
    options.add_argument("--requests", type=int, default=100_000)
    options.add_argument("--things", type=int, default=20, help="deploys and so on, at least")
    options.add_argument("--rate", type=float, default=200.0, help="requests a second")
    options.add_argument("--switches", type=int, default=4, help="of each restart kind")
    options.add_argument("--kinds", nargs="*", choices=KINDS, default=KINDS)
    options.add_argument("--out", type=Path, default=PROJECT / "benchmarks/load.jsonl")
    options.add_argument("--name", default=f"load-{os.getpid()}", help="of the lab")
    given = options.parse_args(words)
    rows: list[Row] = []
    for hosts in given.hosts:
        with Lab(given.name, project=PROJECT) as lab:
            rows += measured(Loaded(lab, hosts), hosts, given)
    kept = _kept(given.out, given.hosts)
    given.out.write_text("".join(f"{json.dumps(row)}\n" for row in (*kept, *rows)))
    return int(any(row["failed"] for row in rows if row["kind"] == "blue-green"))


def measured(app: Loaded, hosts: int, given: argparse.Namespace) -> Iterator[Row]:
    """Measure what there is to measure on so many hosts."""
    about = {"hosts": hosts, "rate": given.rate, **_machine()}
    for kind in given.kinds if hosts == 1 else ():
        yield {**about, **switches(app, kind, given)}
    if given.requests:
        yield {**about, **everything(app, given)}


def switches(app: Loaded, kind: str, given: argparse.Namespace) -> Row:
    """Replace a good release by another some times, in one way."""
    app.becomes("blue-green" if kind == IN_PLACE else kind)
    (host,) = app.web
    _cool(host)
    do: Callable[[], object] = app.restart_in_place if kind == IN_PLACE else lambda: app.do("good")
    with Memory(host, NAME) as memory, Crowd(app.front, rate=given.rate) as users:
        before = memory.now()
        for _ in range(given.switches):
            pause(3.0)
            do()
        pause(3.0)
    seen = users.seen()
    print(f"{kind:18} {given.switches} switches: {seen}; {seen.problems}", flush=True)
    took = {"memory_before": before, "memory_peak": memory.peak}
    return {"kind": kind, "did": {"good": given.switches}, **took, **seen.row()}


def everything(app: Loaded, given: argparse.Namespace) -> Row:
    """Do in turn all that can happen, until enough was done and asked."""
    app.becomes("blue-green")
    did: Counter[str] = Counter()
    turns = itertools.cycle(TURNS)
    with Crowd(app.front, rate=given.rate) as users:
        while did.total() < given.things or len(users.visits) < given.requests:
            what = next(turns)
            cause = app.do(what)
            did[what] += 1
            print(f"{len(app.web)} hosts, {what}: {users.seen()} {cause}", flush=True)
        pause(2.0)
    seen = users.seen()
    print(f"{len(app.web)} hosts, {did.total()} things: {seen}; {seen.problems}", flush=True)
    return {"kind": "blue-green", "everything": True, "did": dict(did), **seen.row()}


def _cool(host: LabHost) -> None:
    """Wait until what was warm has stopped."""
    words = f"systemctl list-units --plain --no-legend --state=active '{NAME}@*.service'"
    while len(host.run(words).stdout.splitlines()) != 1:
        pause(0.5)


def _kept(out: Path, hosts: list[int]) -> list[Row]:
    lines = out.read_text().splitlines() if out.exists() else []
    return [row for row in map(json.loads, lines) if row["hosts"] not in hosts]


def _machine() -> Row:
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",  # noqa: TID251  results say when they were taken
        "machine": f"{os.cpu_count()} cores, Linux {platform.release().split('-')[0]}",
        "load": round(os.getloadavg()[0], 1),
    }


if __name__ == "__main__":
    sys.exit(main())
