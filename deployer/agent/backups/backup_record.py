"""The record of a backup, `backup.json`: sealed by its own sha256, so that no bit of it turns.

Schema 2 has `seal`, the sha256 of the file without that key; schema 1 had none and is still read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from deployer.agent.backups.archive import Damaged

RECORD = "backup.json"
SUMS = "SHA256SUMS"
SCHEMA = 2
_SEAL = "seal"


def sealed(record: Mapping[str, object]) -> bytes:
    """Give the bytes of a record, its seal at their end."""
    plain = {key: value for key, value in record.items() if key != _SEAL}
    return _text({**plain, _SEAL: hashlib.sha256(_text(plain)).hexdigest()})


def opened(backup: Path) -> Mapping[str, object]:
    """Give the record of a backup; raises Damaged when it is not byte for byte what was written."""
    try:
        raw = (backup / RECORD).read_bytes()
        record = json.loads(raw)
    except FileNotFoundError as error:
        raise Damaged(f"it has no `{RECORD}`, so it was never finished") from error
    except (OSError, ValueError) as error:
        raise Damaged(f"`{RECORD}` cannot be read: {error}") from error
    if not isinstance(record, dict) or record.get("schema") not in (1, SCHEMA):
        raise Damaged(f"`{RECORD}` has a schema that this agent does not know")
    if raw != (_text(record) if record["schema"] == 1 else sealed(record)):
        raise Damaged(f"`{RECORD}` is not what was written")
    return record


def sums_of(record: Mapping[str, object]) -> bytes:
    """Give the file that `sha256sum --check` takes."""
    parts = record.get("parts")
    listed = parts if isinstance(parts, list) else []
    return "".join(f"{one['sha256']}  {one['name']}\n" for one in listed).encode()


def _text(record: Mapping[str, object]) -> bytes:
    return json.dumps(record, indent=2).encode() + b"\n"
