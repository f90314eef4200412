"""Unpack an archive without trusting it: nothing outside the folder, no links, no devices.

Python 3.9 has no filters in tarfile (PEP 706), so the rules are here. Links are refused
altogether: what we pack ourselves (wheels, the agent) holds none.
"""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import zlib
from pathlib import Path, PurePosixPath

_FOLDER = 0o755
_END = bytes(1024)  # a tar ends with two empty blocks
_LARGEST = 4 * 1024**3


class Unsafe(ValueError):
    """The archive holds what no archive of ours holds."""


def unpack_tar(content: bytes, folder: Path, owner: tuple[int, int]) -> None:
    """Unpack a tar (gzip) into an existing, empty folder; uid and gid own the files."""
    try:
        plain = gzip.decompress(content)  # all of it, because tarfile never looks at the checksum
        if not plain.endswith(_END):
            raise Unsafe("the archive is not whole")
        with tarfile.open(fileobj=io.BytesIO(plain), mode="r:") as archive:
            _unpack(archive, folder, owner)
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise Unsafe(f"the archive cannot be unpacked: {error}") from error


def _unpack(archive: tarfile.TarFile, folder: Path, owner: tuple[int, int]) -> None:
    total = 0
    for member in archive:
        total += member.size
        if total > _LARGEST:
            raise Unsafe("the archive is larger than 4 GiB")
        parts = _parts(member)
        if member.isdir():
            _folders(folder, parts, owner)
            continue
        source = archive.extractfile(member)
        if source is None:
            raise Unsafe(f"`{member.name}` has no content")
        parent = _folders(folder, parts[:-1], owner)
        mode = 0o755 if member.mode & 0o100 else 0o644
        _write(parent / parts[-1], source.read(), mode, owner)


def _parts(member: tarfile.TarInfo) -> tuple[str, ...]:
    pure = PurePosixPath(member.name)
    if pure.is_absolute() or ".." in pure.parts or not member.name.isprintable():
        raise Unsafe(f"`{member.name!r}` leaves the folder")
    if not (member.isreg() or member.isdir()) or (member.isreg() and not pure.parts):
        raise Unsafe(f"`{member.name}` is neither a file nor a folder")
    return pure.parts


def _folders(folder: Path, parts: tuple[str, ...], owner: tuple[int, int]) -> Path:
    for part in parts:
        folder = folder / part
        if not folder.is_dir():
            folder.mkdir(mode=_FOLDER)
            os.chown(folder, *owner)
            folder.chmod(_FOLDER)
    return folder


def _write(path: Path, content: bytes, mode: int, owner: tuple[int, int]) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        os.fchown(descriptor, *owner)
        os.fchmod(descriptor, mode)
        file.write(content)
