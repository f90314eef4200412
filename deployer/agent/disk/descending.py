"""Reach or make a folder by descriptors, one name after the other, so that no link is followed.

Between a look at a path and its use whoever owns a folder on the way can put a link there; a
descriptor stays what it was.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deployer.agent.context import ActionFailed

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_ABOVE = 0o755


@contextmanager
def made_folder(root: Path, path: Path, mode: int) -> Iterator[tuple[int, bool]]:
    """Open the folder at `path`, below `root`; it is made, with its parents, if it is missing.

    Gives its descriptor and whether it was made. Raises ActionFailed for a link on the way.
    """
    parts = path.relative_to(root).parts
    descriptor = os.open(root, _FOLDER & ~os.O_NOFOLLOW)
    made = False
    try:
        for depth, part in enumerate(parts, 1):
            inner, made = _entered(descriptor, part, mode if depth == len(parts) else _ABOVE, path)
            os.close(descriptor)
            descriptor = inner
        yield descriptor, made
    finally:
        os.close(descriptor)


def _entered(folder: int, name: str, mode: int, path: Path) -> tuple[int, bool]:
    try:
        return _opened(folder, name, path), False
    except FileNotFoundError:
        os.mkdir(name, mode, dir_fd=folder)
        os.fsync(folder)
        return _opened(folder, name, path), True


def _opened(folder: int, name: str, path: Path) -> int:
    try:
        return os.open(name, _FOLDER, dir_fd=folder)
    except NotADirectoryError as error:  # so open(2) calls a link, too, if it shall be a folder
        raise ActionFailed(
            f"`{path}` is not a folder but something else, or is behind it",
            hint=f"Look with `namei -l {path}` and move away what is in the way.",
        ) from error
