"""What runs have done to the schema of an app's database, the oldest first.

`/var/lib/deployer/<app>/schema.json` outlives the releases that did it, also failed ones that were
discarded: a rollback weeks later asks it whether older code fits.
"""

from __future__ import annotations

import json
from pathlib import Path

from deployer.agent.disk.files import write_atomic

LEDGER = "schema.json"
_KEPT = 200


def read_ledger(folder: Path) -> list[dict[str, object]]:
    """Give the entries; a file that cannot be read has none."""
    try:
        found = json.loads((folder / LEDGER).read_bytes())
    except (OSError, ValueError):
        return []
    runs = found.get("runs") if isinstance(found, dict) else None
    return [one for one in runs if isinstance(one, dict)] if isinstance(runs, list) else []


def add_entry(folder: Path, entry: dict[str, object]) -> None:
    """Add what a run did, or put it in the place of what was known of the same run before."""
    others = [one for one in read_ledger(folder) if one.get("run") != entry["run"]]
    content = {"schema": 1, "runs": [*others, entry][-_KEPT:]}
    write_atomic(folder / LEDGER, json.dumps(content, indent=1).encode() + b"\n", 0o600)
