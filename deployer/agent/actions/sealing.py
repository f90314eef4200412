"""Close a finished folder: root's, compiled, on disk, and marked as complete."""

from __future__ import annotations

import json
import os
import py_compile
import sys
from collections.abc import Mapping
from pathlib import Path

from deployer.agent.context import ActionFailed, Context
from deployer.agent.disk.files import write_atomic
from deployer.agent.disk.flush import flush_file_system
from deployer.agent.disk.manifest import sums_of
from deployer.agent.disk.roots import writable
from deployer.agent.disk.sealing import Sealed, python_without_bytecode, seal_tree
from deployer.agent.runs.release_record import RECORD
from deployer.agent.system.people import group_id
from deployer.agent.text import fields

_SERVED = "static"


def seal(ctx: Context, action: Mapping[str, object]) -> bool:
    """Seal a folder; one that is sealed and unchanged stays as it is."""
    path = writable(ctx, fields.text(action, "path"))
    group = group_id(fields.text(action, "group"))
    marker = fields.text(action, "marker")
    note = {"interpreter": fields.text(action, "interpreter")}
    return seal_folder(ctx, path, marker, group, note, summed=True)


def seal_folder(
    ctx: Context,
    path: Path,
    marker: str,
    group: int,
    note: Mapping[str, str],
    *,
    summed: bool = False,
) -> bool:
    """Seal a folder; `note` is written into the marker, `interpreter` compiles its Python.

    With `summed` the marker also has the sha256 of what is short: of a release it is little, of an
    environment of packages more than is worth reading at every boot.
    """
    if "/" in marker or not marker:
        raise ActionFailed(f"`{marker}` is not the name of a marker file")
    if not path.is_dir():
        raise ActionFailed(f"`{path}` is not there, so it cannot be sealed")
    sealed = seal_tree(path, group, served=_SERVED)
    for own in (marker, RECORD):
        sealed.sizes.pop(own, None)
    if not sealed.changed and _sizes(path / marker) == sealed.sizes:
        return False
    interpreter = note.get("interpreter", "")
    if interpreter and _compile(ctx, path, sealed, interpreter):
        sealed = seal_tree(path, group, served=_SERVED)
        for own in (marker, RECORD):
            sealed.sizes.pop(own, None)
    sums = sums_of(path, sealed.sizes) if summed else {}
    flush_file_system(path)
    # For root only: the sum of a short file tells too much of a secret in it.
    content = _manifest(sealed, note, sums)
    write_atomic(path / marker, content, 0o600, os.geteuid(), group)
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


def _compile(ctx: Context, path: Path, sealed: Sealed, interpreter: str) -> bool:
    """Compile what has no bytecode; a file that does not compile is the app's business."""
    program = ctx.path(interpreter).resolve()
    if program.name != f"python{sys.version_info[0]}.{sys.version_info[1]}":
        return _compile_with(ctx, path, program)
    tag = sys.implementation.cache_tag
    missing = tuple(python_without_bytecode(path, sealed.python, tag))
    for source in missing:
        try:
            py_compile.compile(str(source), doraise=True, quiet=2)
        except (py_compile.PyCompileError, OSError, ValueError):
            continue
    return bool(missing)


def _compile_with(ctx: Context, path: Path, program: Path) -> bool:
    # Root runs only an interpreter that is root's own, isolated and without site-packages.
    if not program.is_file() or program.stat().st_uid != os.geteuid():
        return False
    words = (str(program), "-I", "-S", "-m", "compileall", "-q", str(path))
    ctx.execute(words, quiet=True, timeout=300)
    return True
