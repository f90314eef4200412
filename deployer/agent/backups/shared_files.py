"""Put an app's shared files into a backup, and read that archive back by its manifest."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import sys
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from deployer.agent.backups import shared_tar
from deployer.agent.backups.archive import Damaged, Written, sha256_of
from deployer.agent.backups.dumped import TIMEOUT, require, texts
from deployer.agent.context import Context
from deployer.agent.disk.archive_rules import Member
from deployer.agent.system.people import reader_of
from deployer.agent.text import fields

PART = "shared.tar.gz"
_PIECE = 1024 * 1024
_SCRIPT = str(Path(shared_tar.__file__).resolve())


def pack(ctx: Context, wish: Mapping[str, object], folder: Path) -> tuple[Written, tuple[str, ...]]:
    """Write `shared.tar.gz` as the app's user; gives the files that changed meanwhile, too."""
    target = folder / PART
    asked = {
        "folder": str(ctx.path(fields.text(wish, "folder"))),
        "paths": list(fields.texts(wish, "paths")),
        "without": list(fields.texts(wish, "without")),
    }
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        words = (sys.executable, "-I", "-S", _SCRIPT)
        made = ctx.execute(
            words,
            user=reader_of(ctx),
            stdin=json.dumps(asked).encode(),
            sink=descriptor,
            quiet=True,
            timeout=TIMEOUT,
        )
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    require(made, "the shared files", "May the app's user read all of them?")
    members, changed = read(target)
    return Written(PART, target.stat().st_size, sha256_of(target), members), changed


def read(path: Path) -> tuple[int, tuple[str, ...]]:
    """Read an archive to its end and compare it with its manifest; raises Damaged.

    Gives the number of members and the files that changed while they were packed.
    """
    found: dict[str, dict[str, object]] = {}
    manifest = b""
    count = 0
    try:
        with gzip.open(path) as plain:
            with tarfile.open(fileobj=plain, mode="r|", tarinfo=Member) as archive:
                for member in archive:
                    count += 1
                    content = archive.extractfile(member) if member.isreg() else None
                    if content and member.name == shared_tar.MANIFEST:
                        manifest = content.read()
                    elif content:
                        found[member.name] = _described(content)
            while plain.read(_PIECE):  # up to the checksum at the end, which tarfile leaves out
                pass
        told = json.loads(manifest)
        wanted = {f"{shared_tar.PREFIX}/{name}": one for name, one in told["files"].items()}
    except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError, KeyError) as error:
        raise Damaged(f"`{path.name}` cannot be read back: {error}") from error
    if found != wanted:
        wrong = sorted(name for name in {*found, *wanted} if found.get(name) != wanted.get(name))
        raise Damaged(f"`{path.name}` is not as its manifest says: `{wrong[0]}`")
    return count, texts(told.get("changed"))


def _described(content: IO[bytes]) -> dict[str, object]:
    digest = hashlib.sha256()
    size = 0
    while piece := content.read(_PIECE):
        digest.update(piece)
        size += len(piece)
    return {"size": size, "sha256": digest.hexdigest()}
