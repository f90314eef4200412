"""Write a tar (gzip) with its sha256, and read one back whole."""

from __future__ import annotations

import gzip
import hashlib
import os
import stat
import tarfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

_FAST = 1
_PIECE = 1024 * 1024


@dataclass(frozen=True)
class Written:
    """A part of a backup: its size in bytes, its sha256, and how many members it holds."""

    name: str
    size: int
    sha256: str
    members: int = 0


class Damaged(ValueError):
    """What was read back is not what was written."""


def write_tar(path: Path, entries: Mapping[str, Path], leave_out: Iterable[Path] = ()) -> Written:
    """Write folders and files into a new archive under the names that are the keys."""
    left_out = frozenset(leave_out)
    count = 0
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as raw:
        with tarfile.open(fileobj=raw, mode="w:gz", compresslevel=_FAST) as archive:
            for name, source in sorted(entries.items()):
                count += _add(archive, source, name, left_out)
        raw.flush()
        os.fsync(descriptor)
    return Written(path.name, path.stat().st_size, sha256_of(path), count)


def check_tar(path: Path, written: Written) -> None:
    """Read every member to its end and compare with what was written; raises Damaged."""
    count = 0
    try:
        with gzip.open(path) as plain:
            with tarfile.open(fileobj=plain, mode="r|") as archive:
                for member in archive:
                    count += 1
                    content = archive.extractfile(member) if member.isreg() else None
                    while content and content.read(_PIECE):
                        pass
            while plain.read(_PIECE):  # up to the checksum at the end, which tarfile leaves out
                pass
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise Damaged(f"`{path.name}` cannot be read back: {error}") from error
    if count != written.members:
        raise Damaged(f"`{path.name}` holds {count} members, not {written.members}")


def check_digest(path: Path, written: Written) -> None:
    """Compare a file with the sha256 that it should have; raises Damaged."""
    if sha256_of(path) != written.sha256:
        raise Damaged(f"`{path.name}` has another sha256 than was written")


def sha256_of(path: Path) -> str:
    """Give the sha256 of a file in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as source:
        while piece := source.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _add(archive: tarfile.TarFile, source: Path, name: str, left_out: frozenset[Path]) -> int:
    if source in left_out or stat.S_ISSOCK(source.lstat().st_mode):
        return 0
    entry = archive.gettarinfo(source, arcname=name)
    if not entry.isreg():
        archive.addfile(entry)
        inner = sorted(source.iterdir()) if entry.isdir() else ()
        return 1 + sum(_add(archive, one, f"{name}/{one.name}", left_out) for one in inner)
    with source.open("rb") as content:
        archive.addfile(entry, content)
    return 1
