"""The `release.json` of a release: its state and what is known of it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from deployer.agent.context import ActionFailed, Context
from deployer.agent.disk.files import write_atomic

RECORD = "release.json"
_ID = re.compile(r"\d{6}-[0-9a-f]{7,12}")


def is_release_id(text: str) -> bool:
    """Tell whether a text has the form of a release id, such as `000042-1a2b3c4`."""
    return _ID.fullmatch(text) is not None


def release_folder(ctx: Context, release: str) -> Path:
    """Give the folder of a release; raises ActionFailed if the id is none."""
    if not is_release_id(release):
        raise ActionFailed(f"`{release}` is not the id of a release")
    return ctx.path(f"/srv/{ctx.app}/releases/{release}")


def read_record(folder: Path) -> dict[str, object]:
    """Give what is recorded of a release; nothing readable is an empty record."""
    try:
        found = json.loads((folder / RECORD).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_record(folder: Path, record: Mapping[str, object]) -> bool:
    """Write the record of a release, if it is another; the folder's group may read it."""
    if read_record(folder) == record:
        return False
    owner = folder.stat()
    content = json.dumps(record, indent=2, sort_keys=True).encode() + b"\n"
    write_atomic(folder / RECORD, content, 0o640, 0, owner.st_gid)
    return True


def state_of(folder: Path) -> str:
    """Give the state of a release; one without a record was never finished: `building`."""
    state = read_record(folder).get("state", "")
    return state if isinstance(state, str) and state else "building"
