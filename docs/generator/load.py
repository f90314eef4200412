"""The page of what users notice, from the kept results of `python -m benchmarks.load`."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from docs.generator.markdown import page, table

Row = Mapping[str, object]
MB = 1 << 20
COMMAND = "`python -m benchmarks.load`"
ABOUT = f"""\
{COMMAND} deploys to real Debian hosts ([lab](guides/lab.md)) while users ask without
a pause: GET and POST, half of them on connections that are kept, slow uploads, server-sent events
and websockets. Short requests come at a steady pace, whatever the answers do, and their times count
from when they were due. Everything that is not a good and whole answer is a failed request: another
status than 200, a reset, a timeout, a stream that was cut off.

A kept connection is used as browsers do it: not one that was closed while it was idle, and a GET is
asked anew when the closing crossed it. Times are those of one machine that is user, controller and
all hosts at once."""
KINDS = """\
Good releases on one host, one after the other. *Silence* is the longest time in which no short
request got its answer. *Memory* is what the app's processes take: with one release, and at the
most. The first line is what a script does at its end, for comparison."""
ALL = """\
With `blue-green` everything was done in turn: deploys, rollbacks, and deploys of releases that
crash at import, crash a second later, answer 500, hang at import, or are another release than they
should be. With several hosts the users come through a [balancer](guides/balancer.md)."""


def load_page(results: Path) -> str:
    """Give the page; without results it says so."""
    lines = results.read_text().splitlines() if results.exists() else []
    rows: list[Row] = [json.loads(line) for line in lines]
    if not rows:
        return page("Under load", ABOUT, f"No results have been kept yet: {COMMAND}.")
    whole = [row for row in rows if row.get("everything")]
    kinds = [row for row in rows if not row.get("everything")]
    return page(
        "Under load",
        *(_headline(row) for row in whole),
        ABOUT,
        "## Restart kinds",
        KINDS,
        table(
            (
                "`restart`",
                "switches",
                "asked",
                "failed",
                "p50",
                "p99",
                "slowest",
                "silence",
                "memory",
            ),
            [_kind(row) for row in kinds],
        ),
        "## Everything that can happen",
        ALL,
        table(
            ("hosts", "what was done", "asked", "failed", "p50", "p99", "silence"), map(_all, whole)
        ),
        *_problems(rows),
        f"Measured on {_machines(rows)}.",
    )


def _headline(row: Row) -> str:
    hosts = "1 host" if row["hosts"] == 1 else f"{row['hosts']} hosts behind a balancer"
    return (
        f"**{row['failed']} of {_whole(row, 'asked'):,} requests failed** in {_done(row)} deploys, "
        f"rollbacks and failed deploys on {hosts}."
    )


def _kind(row: Row) -> Sequence[str]:
    before, peak = (f"{_whole(row, key) // MB}" for key in ("memory_before", "memory_peak"))
    name = str(row["kind"])
    return (
        f"`{name}`" if " " not in name else f"none: `{name}` in place",
        str(_done(row)),
        f"{_whole(row, 'asked'):,}",
        str(row["failed"]),
        *_times(row, "p50", "p99", "slowest", "silence"),
        f"{before} MB, at most {peak} MB",
    )


def _all(row: Row) -> Sequence[str]:
    what = ", ".join(f"{count}x {name}" for name, count in _did(row).items())
    counts = (f"{_whole(row, 'asked'):,}", str(row["failed"]))
    return (str(row["hosts"]), what, *counts, *_times(row, "p50", "p99", "silence"))


def _problems(rows: Sequence[Row]) -> Sequence[str]:
    found = [row for row in rows if row["kind"] == "blue-green" and row["problems"]]
    lines = [(str(row["hosts"]), str(row["problems"])) for row in found]
    return ("What failed with `blue-green`:", table(("hosts", "problems"), lines)) if lines else ()


def _machines(rows: Sequence[Row]) -> str:
    places = dict.fromkeys(
        f"{row['machine']}, {row['date']}, {row['rate']:g} requests a second" for row in rows
    )
    busiest = max(float(str(row["load"])) for row in rows)
    return f"{'; '.join(places)}; the load of the machine was up to {busiest:.1f}"


def _times(row: Row, *keys: str) -> Sequence[str]:
    return [_time(float(str(row[key]))) for key in keys]


def _time(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def _done(row: Row) -> int:
    return sum(_did(row).values())


def _did(row: Row) -> Mapping[str, int]:
    did = row["did"]
    return did if isinstance(did, dict) else {}


def _whole(row: Row, key: str) -> int:
    return int(str(row[key]))
