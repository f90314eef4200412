"""Keep a journal short: of one that has grown long only the last runs stay, by one rename."""

from __future__ import annotations

import contextlib
from pathlib import Path

from deployer.agent.disk.files import write_atomic
from deployer.agent.runs.journal import SCHEMA, Record, lines
from deployer.agent.runs.recovery import broken, newest_schema

LIMIT = 2 * 1024 * 1024
"""Bytes that a journal may have; every command reads all of it."""
AT_LEAST = 30
"""Runs that stay whatever their size."""


def compact(path: Path, limit: int = LIMIT, at_least: int = AT_LEAST) -> bool:
    """Shorten a journal to half of what it may have; the caller has the lock and no open file.

    What a crash leaves is the old file or the new one. The open run is among the last, and a run
    that was given up stays until it is mended. Never raises OSError: a long journal does no harm.
    """
    with contextlib.suppress(OSError):
        if path.stat().st_size > limit:
            kept = shortened(path.read_bytes(), limit // 2, at_least)
            if kept:
                write_atomic(path, kept, 0o600)
                return True
    return False


def shortened(content: bytes, size: int, at_least: int) -> bytes:
    """Give the lines of the last runs, up to a size; nothing if a newer deployer wrote them."""
    known = tuple(lines(content))
    records = tuple(record for _, record in known)
    if newest_schema(records) > SCHEMA:
        return b""
    stay = _last_runs(known, size, at_least)
    given_up = broken(records)
    if given_up:
        stay.add(given_up.run)
    return b"".join(line + b"\n" for line, record in known if str(record.get("run")) in stay)


def _last_runs(known: tuple[tuple[bytes, Record], ...], size: int, at_least: int) -> set[str]:
    weights: dict[str, int] = {}
    for line, record in known:
        run = str(record.get("run"))
        weight = weights.pop(run, 0)  # again at the end: a run is as young as its last line
        weights[run] = weight + len(line) + 1
    stay: set[str] = set()
    for run, weight in reversed(weights.items()):
        if weight > size and len(stay) >= at_least:
            break
        stay.add(run)
        size -= weight
    return stay
