"""Carry entries from one folder into another by rename, through descriptors that follow no link.

Nothing is ever written over: what is in both folders stays where it is.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def names_in(folder: int) -> list[str]:
    """Give what is in an open folder."""
    return os.listdir(folder)


def carry(old: int, new: int, database: tuple[str, ...], but_not: Collection[str] = ()) -> None:
    """Move over what only the old folder has, and the database with all files of its name.

    Nobody else may be able to open the database meanwhile: its files move one after the other.
    """
    for name in names_in(old):
        if name not in but_not:
            _move(name, old, new)
    if len(database) > 1:
        _carry_database(old, new, database)
    os.fsync(new)
    os.fsync(old)


def _carry_database(old: int, new: int, database: tuple[str, ...]) -> None:
    """Move `db`, `db-wal`, and copies of it, with the first folder above that is in one alone."""
    first, *rest = database
    if not rest:
        for name in names_in(old):
            if name == first or name.startswith((f"{first}-", f"{first}_")):
                _move(name, old, new)
    elif first in names_in(old) and not _move(first, old, new):
        with _inside(old, first) as here, _inside(new, first) as to:
            _carry_database(here, to, tuple(rest))
    os.fsync(new)
    os.fsync(old)


def _move(name: str, old: int, new: int) -> bool:
    missing = name not in names_in(new)
    if missing:
        os.rename(name, name, src_dir_fd=old, dst_dir_fd=new)
    return missing


@contextmanager
def _inside(folder: int, name: str) -> Iterator[int]:
    descriptor = os.open(name, _FOLDER, dir_fd=folder)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
