"""Carry entries from one folder into another by rename, through descriptors that follow no link."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def names_in(folder: int) -> list[str]:
    """Give what is in an open folder."""
    return os.listdir(folder)


def carry(old: int, new: int, database: tuple[str, ...], but_not: Collection[str] = ()) -> None:
    """Move over what only the old folder has, and the database with all files of its name."""
    there = set(names_in(new))
    for name in names_in(old):
        if name not in there and name not in but_not:
            os.rename(name, name, src_dir_fd=old, dst_dir_fd=new)
    if len(database) > 1:
        _carry_database(old, new, database)
    os.fsync(new)
    os.fsync(old)


def _carry_database(old: int, new: int, database: tuple[str, ...]) -> None:
    """Move `db`, `db-wal`, and copies of it; the folders above it are in both by now."""
    *above, base = database
    try:
        with _inside(old, above) as here, _inside(new, above) as to:
            for name in names_in(here):
                if name == base or name.startswith((f"{base}-", f"{base}_")):
                    os.rename(name, name, src_dir_fd=here, dst_dir_fd=to)
            os.fsync(to)
    except FileNotFoundError:
        return  # one of the two has no such folder: there is nothing to carry


@contextmanager
def _inside(folder: int, parts: list[str]) -> Iterator[int]:
    descriptor = os.dup(folder)
    try:
        for part in parts:
            inner = os.open(part, _FOLDER, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)
