"""A folder of wheels on this machine, sent to hosts once."""

import gzip
import hashlib
import io
import tarfile
from functools import cached_property
from pathlib import Path

from deployer.errors import UsageError

_MARKER = ".complete"


class LocalWheels:
    """Packs the wheels of a folder; the same wheels always have the same key."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._wheels = tuple(sorted(folder.glob("*.whl"))) if folder.is_dir() else ()
        if not self._wheels:
            raise UsageError(
                f"`{folder}` holds no wheels.",
                hint="fill it with `pip download -r requirements.txt`, or leave `wheelhouse` out",
            )

    @cached_property
    def key(self) -> str:
        """The sha256 of names and sizes and times would lie; so it is that of the contents.

        They are read once: every host and step asks, and a wheelhouse can hold gigabytes.
        """
        digest = hashlib.sha256()
        for wheel in self._wheels:
            digest.update(
                f"{wheel.name}\0{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n".encode()
            )
        return digest.hexdigest()[:16]

    def archive(self) -> bytes:
        """Give them as one tar with the marker `.complete` in it; packed once for all hosts."""
        return self._archive

    @cached_property
    def _archive(self) -> bytes:
        # Wheels are zipped already: a stronger compression would only take time.
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for wheel in self._wheels:
                tar.add(wheel, arcname=wheel.name, filter=_plain)
            tar.addfile(tarfile.TarInfo(_MARKER), io.BytesIO())
        return gzip.compress(packed.getvalue(), compresslevel=1, mtime=0)


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    member.mode = 0o644
    return member
