"""Pack the shared files of an app into a tar (gzip) on stdout; started as a script of its own.

    python3 -I -S shared_tar.py < {"folder": "/srv/shop/shared", "paths": ["media"], "without": []}

It runs as the app's user: what that user cannot read fails the backup, and no link leads to
another's files. It stays on one file system, as `tar --one-file-system`. The last member is
the manifest: size and sha256 of every file as it is in the archive, and which changed meanwhile.
"""

import gzip
import hashlib
import io
import json
import os
import re
import stat
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

MANIFEST = "MANIFEST.json"
PREFIX = "shared"
_PIECE = 1024 * 1024
_COPY = re.compile(r"_(?:restore|before|tried|scratch)_\d{8}_\d{6}_[0-9a-f]{4}(?:-wal|-shm)?$")
"""How a restore calls its copies of a database: they are dumps of their own, not uploads."""


class Packed:
    """An archive that is being written, and what is in it."""

    def __init__(self, archive: tarfile.TarFile, folder: Path, without: "list[str]") -> None:
        self._archive = archive
        self._folder = folder
        self._without = frozenset(without)
        self._device = folder.stat().st_dev
        self.files: dict[str, dict[str, object]] = {}
        self.changed: list[str] = []

    def add(self, path: str) -> None:
        """Add a file, a link or a folder and what is in it; `path` is below the shared folder."""
        place = self._folder / path
        if path in self._without or _COPY.search(path):
            return
        try:
            found = place.lstat()
        except FileNotFoundError:
            self.changed.append(path)  # it went away meanwhile
            return
        # Only of folders the device counts: on an overlay, files show that of the layer below.
        elsewhere = stat.S_ISDIR(found.st_mode) and found.st_dev != self._device
        if elsewhere or stat.S_ISSOCK(found.st_mode):
            return
        self._archive.inodes = {}  # type: ignore[attr-defined]  # hard links become plain files
        entry = self._archive.gettarinfo(str(place), arcname=f"{PREFIX}/{path}".rstrip("/"))
        if entry.isreg():
            self._add_file(place, path, entry)
            return
        self._archive.addfile(entry)
        if entry.isdir():
            for one in sorted(place.iterdir()):
                self.add(f"{path}/{one.name}".lstrip("/"))

    def finish(self) -> None:
        """Add the manifest."""
        content = json.dumps({"files": self.files, "changed": self.changed}).encode()
        entry = tarfile.TarInfo(MANIFEST)
        entry.size = len(content)
        entry.mode = 0o600
        self._archive.addfile(entry, io.BytesIO(content))

    def _add_file(self, place: Path, path: str, entry: tarfile.TarInfo) -> None:
        descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as source:
            before = os.fstat(descriptor)
            entry.size = before.st_size
            steady = _Steady(source, entry.size)
            self._archive.addfile(entry, steady)
            after = os.fstat(descriptor)
        if steady.was_short or (before.st_size, before.st_mtime_ns) != (
            after.st_size,
            after.st_mtime_ns,
        ):
            self.changed.append(path)
        self.files[path] = {"size": entry.size, "sha256": steady.digest.hexdigest()}


class _Steady:
    """Reads exactly so many bytes, zeros where a file became shorter, and takes their sha256."""

    def __init__(self, source: "io.BufferedReader", size: int) -> None:
        self._source = source
        self._left = size
        self.digest = hashlib.sha256()
        self.was_short = False

    def read(self, size: int = _PIECE) -> bytes:
        wanted = min(size, self._left)
        piece = self._source.read(wanted)
        if len(piece) < wanted:
            self.was_short = True
            piece += bytes(wanted - len(piece))
        self._left -= wanted
        self.digest.update(piece)
        return piece


def main() -> None:
    """Read the wish from stdin, write the archive to stdout; exits with a sentence on trouble."""
    wish = json.load(sys.stdin)
    with (
        gzip.GzipFile("", "wb", 1, sys.stdout.buffer) as plain,
        tarfile.open(fileobj=plain, mode="w|") as archive,
    ):
        packed = Packed(archive, Path(wish["folder"]), wish["without"])
        for path in _each(wish["paths"]):
            packed.add(path)
        packed.finish()


def _each(paths: "list[str]") -> "Iterator[str]":
    """Leave out what lies in another one, so that nothing is packed twice."""
    for path in sorted(set(paths)):
        if not any(path != one and (not one or path.startswith(f"{one}/")) for one in paths):
            yield path


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        raise SystemExit(f"`{error.filename or 'the archive'}`: {error.strerror}") from error
