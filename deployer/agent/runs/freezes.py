"""A revision that was rolled back is frozen: a job that ships it again and again is refused.

Written by the host itself while it puts a run back, so it holds when the controller is dead too.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

from deployer.agent.disk.files import unlink_durable, write_atomic

_FILE = "frozen.json"
_MOST = 20


def read_frozen(folder: Path) -> list[dict[str, object]]:
    """Give the frozen revisions: which, by which run, why, when; the newest last."""
    try:
        found = json.loads((folder / _FILE).read_bytes())
    except (OSError, ValueError):
        return []
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def freeze(folder: Path, revision: str, **why: object) -> None:
    """Freeze a revision; one that is frozen already is so for the newer reason. Raises OSError."""
    if not revision:
        return
    others = [one for one in read_frozen(folder) if one.get("revision") != revision]
    when = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
    _write(folder, [*others, {"revision": revision, **why, "when": when}])


def thaw(folder: Path, revision: str = "") -> None:
    """Lift the freeze of a revision, or of all. Raises OSError."""
    frozen = read_frozen(folder)
    left = [one for one in frozen if revision and one.get("revision") != revision]
    if len(left) != len(frozen):
        _write(folder, left)


def went_back(folder: Path, now: str, before: str, **why: object) -> None:
    """Take in a rollback by hand: what it went back from is frozen. Raises OSError."""
    thaw(folder, now)
    if before != now:
        freeze(folder, before, cause="`inv rollback` went back from it by hand", **why)


def _write(folder: Path, frozen: list[dict[str, object]]) -> None:
    if frozen:
        write_atomic(folder / _FILE, json.dumps(frozen[-_MOST:]).encode(), 0o600)
    else:
        unlink_durable(folder / _FILE)
