"""Whether a sealed folder still is what it was when it was finished.

Its marker lists every file with its size, and the sha256 of those that are short: a power cut or
a failing disk truncates files, fills them with zeros, or loses them.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

MARKER = ".sealed"
PARTS = "parts"
_STATIC = "static"
SUMMED = 1024 * 1024
"""Files up to so many bytes are summed: code and configuration, not films."""
_READING = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def damage_of(folder: Path) -> str:
    """Say what is wrong with a sealed folder and parts that were sealed later; "" if nothing."""
    try:
        if not stat.S_ISDIR(folder.lstat().st_mode):
            return f"`{folder}` is not a folder"
        found = json.loads((folder / MARKER).read_bytes())
        sizes, sums, parts = found["sizes"], found.get("sums", {}), found.get(PARTS, [])
    except FileNotFoundError:
        return f"`{folder}` is gone, or was never finished"
    except (OSError, ValueError, TypeError, KeyError):
        return f"the list of files of `{folder}` cannot be read"
    if not isinstance(sizes, dict) or not isinstance(sums, dict) or not isinstance(parts, list):
        return f"the list of files of `{folder}` cannot be read"
    own = {*map(str, parts), *_parts_of_old(folder)}
    names = [name for name in sizes if name.partition("/")[0] not in own]
    damage = _wrong_size(folder, names, sizes) or _wrong_sum(folder, names, sums)
    return next(filter(None, (damage, *map(damage_of, sorted(folder / one for one in own)))), "")


def with_part(marker: bytes, part: str) -> bytes:
    """Give the content of a marker that also tells of a part, which has a marker of its own."""
    found = json.loads(marker)
    found[PARTS] = sorted({*found.get(PARTS, []), part})
    return json.dumps(found, separators=(",", ":")).encode() + b"\n"


def _parts_of_old(folder: Path) -> tuple[str, ...]:
    """Give the parts of a release from before its marker told of them."""
    return (_STATIC,) if (folder / _STATIC / MARKER).exists() else ()


def sums_of(folder: Path, sizes: Mapping[str, int]) -> dict[str, str]:
    """Give the sha256 of the short files of a folder, by their names."""
    short = (name for name, size in sizes.items() if size <= SUMMED)
    return {name: digest for name in short if (digest := _sum(folder / name))}


def _wrong_size(folder: Path, names: Iterable[str], sizes: Mapping[str, object]) -> str:
    start = f"{folder}/"
    for name in names:
        try:
            found = os.lstat(start + name)
        except OSError:
            return f"`{folder / name}` is missing"
        if found.st_size != sizes[name]:
            return f"`{folder / name}` has {found.st_size} bytes instead of {sizes[name]}"
    return ""


def _wrong_sum(folder: Path, names: Iterable[str], sums: Mapping[str, object]) -> str:
    for name in names:
        if name in sums and _sum(folder / name) != sums[name]:
            return f"`{folder / name}` has another content than when it was finished"
    return ""


def _sum(path: Path) -> str:
    """Give the sha256 of a plain file, "" for anything else."""
    try:
        descriptor = os.open(path, _READING)
    except OSError:
        return ""
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return ""
        try:
            return hashlib.sha256(file.read(SUMMED + 1)).hexdigest()
        except OSError:
            return "unreadable"
