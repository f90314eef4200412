"""Write a tree of files into an empty folder by descriptors, so that no link is ever followed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from deployer.agent.disk.archive_rules import Parts, Unsafe, check_symlink, shown

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_PIECE = 1024 * 1024
_HIDDEN = 0o700


@dataclass(frozen=True)
class Look:
    """Who owns an entry, its mode, and when it was changed (0: now)."""

    uid: int
    gid: int
    mode: int
    changed: float = 0.0


@dataclass
class FreshTree:
    """A folder that only we write; folders get their look, and links their place, at the end.

    Until `finish` every folder in it is closed to everybody else.
    """

    root: Path
    default: Look
    files: dict[Parts, str] = field(default_factory=dict)
    _folders: dict[Parts, Look] = field(default_factory=dict)
    _links: dict[Parts, tuple[str, Look]] = field(default_factory=dict)

    def add_folder(self, parts: Parts, look: Look) -> None:
        """Make a folder, and the ones above it."""
        self._refuse_twice(parts)
        with self._inside(parts):
            self._folders[parts] = look

    def add_file(self, parts: Parts, content: BinaryIO, look: Look) -> None:
        """Write a file and keep its sha256 in `files`."""
        self._refuse_twice(parts)
        digest = hashlib.sha256()
        with self._inside(parts[:-1]) as folder:
            descriptor = os.open(parts[-1], _NEW, 0o600, dir_fd=folder)
            with os.fdopen(descriptor, "wb") as file:
                while piece := content.read(_PIECE):
                    digest.update(piece)
                    file.write(piece)
                file.flush()
                _dress(descriptor, look)
        self.files[parts] = digest.hexdigest()

    def add_link(self, parts: Parts, earlier: Parts) -> None:
        """Make another name of a file that is here already."""
        self._refuse_twice(parts)
        if earlier not in self.files:
            raise Unsafe(f"`{shown('/'.join(parts))}` is a link to what is no earlier file")
        with self._inside(earlier[:-1]) as there, self._inside(parts[:-1]) as here:
            os.link(
                earlier[-1], parts[-1], src_dir_fd=there, dst_dir_fd=here, follow_symlinks=False
            )
        self.files[parts] = self.files[earlier]

    def add_symlink(self, parts: Parts, target: str, look: Look) -> None:
        """Remember a link; it is made when nothing more is written."""
        self._refuse_twice(parts)
        self._links[parts] = (target, look)

    def finish(self) -> None:
        """Make the links, then give every folder its look, the innermost first."""
        for parts, (target, look) in self._links.items():
            check_symlink(parts, target, self._links)
            with self._inside(parts[:-1]) as folder:
                os.symlink(target, parts[-1], dir_fd=folder)
                os.chown(parts[-1], look.uid, look.gid, dir_fd=folder, follow_symlinks=False)
        for parts, look in sorted(self._folders.items(), key=lambda one: -len(one[0])):
            with self._inside(parts) as folder:
                _dress(folder, look)

    @property
    def symlinks(self) -> Mapping[Parts, str]:
        """The symbolic links and where they lead."""
        return {parts: target for parts, (target, _) in self._links.items()}

    def _refuse_twice(self, parts: Parts) -> None:
        made_by_itself = parts in self._folders and self._folders[parts] is self.default
        if parts in self.files or parts in self._links:
            raise Unsafe(f"`{shown('/'.join(parts))}` is in the archive twice")
        if parts in self._folders and not made_by_itself:
            raise Unsafe(f"`{shown('/'.join(parts))}` is in the archive twice")

    @contextmanager
    def _inside(self, parts: Parts) -> Iterator[int]:
        descriptor = os.open(self.root, _FOLDER)
        try:
            for depth, part in enumerate(parts, 1):
                here = parts[:depth]
                if here not in self._folders:
                    self._folders[here] = self.default
                    os.mkdir(part, _HIDDEN, dir_fd=descriptor)
                inner = os.open(part, _FOLDER, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = inner
            yield descriptor
        finally:
            os.close(descriptor)


def _dress(descriptor: int, look: Look) -> None:
    os.fchown(descriptor, look.uid, look.gid)
    os.fchmod(descriptor, look.mode)
    if look.changed:
        os.utime(descriptor, (look.changed, look.changed))
