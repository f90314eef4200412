"""Take a finished folder from the user who built it: root's, group readable, nobody's to write.

One pass over the tree by descriptors, so that the user cannot swap names under our hands: a
folder becomes root's before what is in it is looked at. Nothing in it is read, written or run.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from deployer.agent.context import ActionFailed
from deployer.agent.disk.archive_rules import Parts, Unsafe, check_symlink, parts_of

DEEPEST = 100
"""Folders in folders: more than any app has, less than what removing them could not end."""
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ_BY_ANYBODY = 0o044
_RUN_BY_ANYBODY = 0o011


@dataclass
class Sealed:
    """What the pass found: names with sizes, links, and whether it changed anything."""

    group: int
    sizes: dict[str, int] = field(default_factory=dict)
    links: dict[Parts, str] = field(default_factory=dict)
    changed: bool = False

    def refuse_links_out_of(self, served: str, besides: str) -> None:
        """Refuse links in `served` that lead elsewhere than below `besides`; raises ActionFailed.

        The web server follows them, and it is a member of the groups of all apps of the host.
        """
        above: Parts = (served,) if served else ()
        try:
            if above in self.links:
                above = parts_of(self.links[above])
            deeper = {link[len(above) :]: link for link in self.links if _is_below(link, above)}
            for short, link in deeper.items():
                if not self.links[link].startswith(f"{besides}/"):
                    check_symlink(short, self.links[link], deeper)
        except Unsafe as error:
            hint = "What is served may not be a link to another place."
            raise ActionFailed(f"the static files are refused: {error}", hint) from error


def seal_tree(path: Path, group: int, *, served: str = "static") -> Sealed:
    """Seal a folder; what is below `served` may be read by everybody (the web server)."""
    sealed = Sealed(group)
    descriptor = os.open(path, _FOLDER_FLAGS)
    try:
        _seal_folder(sealed, descriptor, "", served)
    finally:
        os.close(descriptor)
    return sealed


def _is_below(link: Parts, above: Parts) -> bool:
    return len(link) > len(above) and link[: len(above)] == above


def _seal_folder(sealed: Sealed, descriptor: int, prefix: str, served: str) -> None:
    if prefix.count("/") >= DEEPEST:
        raise ActionFailed(f"there are more than {DEEPEST} folders one in the other")
    found = os.fstat(descriptor)
    public = prefix == served or prefix.startswith(served + "/")
    mode = 0o755 if public else 0o751 if not prefix else 0o750
    _mend(sealed, found, mode, _by_descriptor(descriptor))
    with os.scandir(descriptor) as entries:
        for entry in entries:
            name = f"{prefix}/{entry.name}" if prefix else entry.name
            if entry.is_dir(follow_symlinks=False):
                _descend(sealed, descriptor, entry.name, name, served)
            else:
                _seal_file(sealed, descriptor, entry, name, public=public)


def _descend(sealed: Sealed, parent: int, entry: str, name: str, served: str) -> None:
    descriptor = os.open(entry, _FOLDER_FLAGS, dir_fd=parent)
    try:
        _seal_folder(sealed, descriptor, name, served)
    finally:
        os.close(descriptor)


def _seal_file(
    sealed: Sealed, parent: int, entry: os.DirEntry[str], name: str, *, public: bool
) -> None:
    found = entry.stat(follow_symlinks=False)
    sealed.sizes[name] = found.st_size
    if stat.S_ISLNK(found.st_mode):
        sealed.links[tuple(name.split("/"))] = os.readlink(entry.name, dir_fd=parent)
        if (found.st_uid, found.st_gid) != (0, sealed.group):
            os.chown(entry.name, 0, sealed.group, dir_fd=parent, follow_symlinks=False)
            sealed.changed = True
        return
    mode = _file_mode(found, public=public)
    _mend(sealed, found, mode, _by_name(parent, entry.name))


def _file_mode(found: os.stat_result, *, public: bool) -> int:
    mode = stat.S_IMODE(found.st_mode)
    own = mode & 0o700
    builder_made_it = found.st_uid != 0
    if builder_made_it or mode & _READ_BY_ANYBODY:
        own |= (mode & 0o400) >> 3
    if own & 0o040 and (builder_made_it or mode & _RUN_BY_ANYBODY):
        own |= (mode & 0o100) >> 3
    return own | (own & 0o050) >> 3 if public else own


_Change = tuple[Callable[[int, int], None], Callable[[int], None]]


def _mend(sealed: Sealed, found: os.stat_result, mode: int, change: _Change) -> None:
    chown, chmod = change
    if (found.st_uid, found.st_gid) != (0, sealed.group):
        chown(0, sealed.group)
        sealed.changed = True
    if stat.S_IMODE(found.st_mode) != mode:
        chmod(mode)
        sealed.changed = True


def _by_descriptor(descriptor: int) -> _Change:
    return (
        lambda uid, gid: os.fchown(descriptor, uid, gid),
        lambda mode: os.fchmod(descriptor, mode),
    )


def _by_name(parent: int, name: str) -> _Change:
    # The folder is root's by now, so the name cannot become a symlink in between.
    return (
        lambda uid, gid: os.chown(name, uid, gid, dir_fd=parent, follow_symlinks=False),
        lambda mode: os.chmod(name, mode, dir_fd=parent),
    )
