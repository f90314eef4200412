"""Close a finished folder: root's, on disk, and marked as complete."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from deployer.agent.context import ActionFailed, Context
from deployer.agent.disk.files import write_atomic
from deployer.agent.disk.flush import flush_file_system
from deployer.agent.disk.manifest import sums_of, with_part
from deployer.agent.disk.roots import writable
from deployer.agent.disk.sealing import Sealed, seal_tree
from deployer.agent.runs.release_record import RECORD
from deployer.agent.system.people import group_id
from deployer.agent.text import fields

_SERVED = "static"


def seal(ctx: Context, action: Mapping[str, object]) -> bool:
    """Seal a folder; one that is sealed and unchanged stays as it is."""
    path = writable(ctx, fields.text(action, "path"))
    group = group_id(fields.text(action, "group"))
    marker = fields.text(action, "marker")
    changed = seal_folder(ctx, path, marker, group, summed=True)
    return _told_above(path, marker) or changed


def seal_folder(
    ctx: Context,
    path: Path,
    marker: str,
    group: int,
    note: Mapping[str, str] | None = None,
    *,
    summed: bool = False,
) -> bool:
    """Seal a folder; `note` is written into the marker.

    With `summed` the marker also has the sha256 of what is short: of a release it is little, of an
    environment of packages more than is worth reading at every boot.
    """
    if "/" in marker or not marker:
        raise ActionFailed(f"`{marker}` is not the name of a marker file")
    if not path.is_dir():
        raise ActionFailed(f"`{path}` is not there, so it cannot be sealed")
    sealed = seal_tree(path, group, served=_SERVED)
    sealed.refuse_links_out_of("" if path.name == _SERVED else _SERVED, f"/srv/{ctx.app}/shared")
    for own in (marker, RECORD):
        sealed.sizes.pop(own, None)
    if not sealed.changed and _sizes(path / marker) == sealed.sizes:
        return False
    sums = sums_of(path, sealed.sizes) if summed else {}
    flush_file_system(path)
    # For root only: the sum of a short file tells too much of a secret in it.
    content = _manifest(sealed, note or {}, sums)
    write_atomic(path / marker, content, 0o600, os.geteuid(), group)
    return True


def _told_above(path: Path, marker: str) -> bool:
    """Let the folder around it, if that is sealed, miss this one should it ever be gone."""
    above = path.parent / marker
    if not above.is_file():
        return False
    told = above.read_bytes()
    found, wanted = above.stat(), with_part(told, path.name)
    if wanted == told:
        return False
    write_atomic(above, wanted, 0o600, found.st_uid, found.st_gid)
    return True


def _sizes(marker: Path) -> object:
    try:
        found = json.loads(marker.read_bytes())
    except (OSError, ValueError):
        return None
    return found.get("sizes") if isinstance(found, dict) else None


def _manifest(sealed: Sealed, note: Mapping[str, str], sums: Mapping[str, str]) -> bytes:
    content = {
        "schema": 1,
        "files": len(sealed.sizes),
        "bytes": sum(sealed.sizes.values()),
        **note,
        "sizes": sealed.sizes,
        "sums": sums,
    }
    return json.dumps(content, separators=(",", ":")).encode() + b"\n"
