"""Unpack an archive without trusting it; what it may hold is said in `archive_rules`."""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast

from deployer.agent.disk.archive_rules import Member, Parts, Rules, Unsafe, kind_of, parts_of, shown
from deployer.agent.disk.fresh_tree import FreshTree, Look

Dress = Callable[[tarfile.TarInfo], Look]
"""Gives the owner and mode of a member."""
_FOLDER = 0o755
_END = bytes(1024)  # a tar ends with two empty blocks
_BLOCK = 512
_PIECE = 1024 * 1024


def unpack_tar(content: bytes, folder: Path, owner: tuple[int, int]) -> None:
    """Unpack a tar (gzip) into an existing, empty folder; uid and gid own the files."""

    def dress(member: tarfile.TarInfo) -> Look:
        runs = member.isdir() or member.mode & 0o100
        return Look(*owner, 0o755 if runs else 0o644)

    unpack(io.BytesIO(content), folder, Rules(), dress, Look(*owner, _FOLDER))


def unpack(packed: BinaryIO, folder: Path, rules: Rules, dress: Dress, default: Look) -> FreshTree:
    """Unpack a tar (gzip) into an existing, empty folder; gives what is there now.

    `default` is the look of folders that the archive does not name. Raises Unsafe.
    """
    tree = FreshTree(folder, default)
    plain = _Plain(packed, rules)
    try:
        with tarfile.open(
            fileobj=cast("BinaryIO", plain), mode="r|", tarinfo=Member, errorlevel=2
        ) as archive:
            _unpack(archive, tree, rules, dress)
        plain.read_to_end()
        tree.finish()
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise Unsafe(f"the archive cannot be unpacked: {error}") from error
    return tree


def _unpack(archive: tarfile.TarFile, tree: FreshTree, rules: Rules, dress: Dress) -> None:
    total = 0
    for count, member in enumerate(archive, 1):
        total += member.size if member.isreg() else 0
        if total > rules.size:
            raise Unsafe(f"the archive is larger than {rules.size >> 20} MiB")
        if count > rules.members:
            raise Unsafe(f"the archive holds more than {rules.members} members")
        archive.members = []  # type: ignore[attr-defined]  # or tarfile keeps all of them
        _add(archive, member, tree, (rules, dress))


def _add(
    archive: tarfile.TarFile, member: tarfile.TarInfo, tree: FreshTree, how: tuple[Rules, Dress]
) -> None:
    rules, dress = how
    parts, kind = parts_of(member.name), kind_of(member, rules)
    if not parts and kind != "folder":
        raise Unsafe(f"`{shown(member.name)}` is no name")
    if kind == "folder":
        tree.add_folder(parts, dress(member))
    elif kind == "symlink":
        tree.add_symlink(parts, member.linkname, dress(member))
    elif kind == "link":
        tree.add_link(parts, _earlier(member))
    else:
        content = archive.extractfile(member)
        if content is None:
            raise Unsafe(f"`{shown(member.name)}` has no content")
        tree.add_file(parts, cast("BinaryIO", content), dress(member))


def _earlier(member: tarfile.TarInfo) -> Parts:
    return parts_of(member.linkname)


class _Plain:
    """The archive without its compression: bounded, and read to the end and its checksum."""

    def __init__(self, packed: BinaryIO, rules: Rules) -> None:
        self._plain = gzip.GzipFile(fileobj=packed, mode="rb")
        self._left = rules.size + rules.members * 4 * _BLOCK
        self._tail = b""

    def read(self, size: int = -1) -> bytes:
        piece = self._plain.read(_PIECE if size < 0 else size)
        self._left -= len(piece)
        if self._left < 0:
            raise Unsafe("the archive is larger than it may be")
        self._tail = (self._tail + piece)[-len(_END) :]
        return piece

    def read_to_end(self) -> None:
        """Read what tarfile leaves out: the end, and gzip's checksum behind it."""
        while self.read(_PIECE):
            pass
        if self._tail != _END:
            raise Unsafe("the archive is not whole")
