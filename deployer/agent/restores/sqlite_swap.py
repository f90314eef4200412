"""Restore, swap and swap back an SQLite file; started as a script of its own.

    python3 -I -S sqlite_swap.py beside BESIDE LIVE < COPY
    python3 -I -S sqlite_swap.py swap LIVE BESIDE KEPT
    python3 -I -S sqlite_swap.py back LIVE KEPT TRIED
    python3 -I -S sqlite_swap.py drop PATH

It runs as the app's user, in a folder of the app's, so that no link leads it anywhere else than
that user could go. A log of changes (`-wal`) belongs to one file: it is written into that file
before the name goes to another one. Source: https://www.sqlite.org/wal.html
"""

import contextlib
import os
import shutil
import sqlite3
import stat
import sys
from pathlib import Path

_PATIENCE = 20.0
_BESIDE_IT = ("-wal", "-shm", "-journal")
_NONE = ".none"
"""Stands for an old database that was not there."""


def beside(target: Path, live: Path) -> None:
    """Write the copy from stdin into a new file that looks like the live one."""
    drop(target)
    mode = stat.S_IMODE(live.stat().st_mode) if live.exists() else 0o640
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(target, flags, 0o600)
    with os.fdopen(descriptor, "wb") as written:
        shutil.copyfileobj(sys.stdin.buffer, written, 1024 * 1024)
        written.flush()
        os.fchmod(descriptor, mode)
        os.fsync(descriptor)
    journal = _journal_of(live)
    if journal == "wal":
        made = sqlite3.connect(target)
        made.execute("PRAGMA journal_mode=wal")
        made.close()
    _flush(target.parent)


def swap(live: Path, fresh: Path, kept: Path) -> None:
    """Give the restored file the live name; the old one has another name before."""
    if not fresh.exists():
        if kept.exists() or _none(kept).exists():
            return  # done before
        raise SystemExit(f"`{fresh}` is not there")
    if live.exists():
        _settle(live, kept)
        with contextlib.suppress(FileExistsError):
            os.link(live, kept, follow_symlinks=False)
    else:
        _none(kept).touch()
    _flush(live.parent)
    fresh.replace(live)
    _flush(live.parent)


def back(live: Path, kept: Path, tried: Path) -> None:
    """Give the old file the live name again; the restored one keeps a name, too."""
    if kept.exists():
        if live.exists() and _inode(live) == _inode(kept):
            kept.unlink()  # it never came to the swap
        else:
            if live.exists():
                _settle(live, tried)
                with contextlib.suppress(FileExistsError):
                    os.link(live, tried, follow_symlinks=False)
            kept.replace(live)
        _move_log(kept, live)
    elif _none(kept).exists():
        if live.exists():
            _settle(live, tried)
            live.replace(tried)
        _none(kept).unlink()
    _flush(live.parent)


def drop(path: Path) -> None:
    """Remove a copy and what belongs to it."""
    for end in ("", *_BESIDE_IT):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + end).unlink()


def _settle(path: Path, new_name: Path) -> None:
    """Write the log of changes into the file, so that no part of it is under another name."""
    wal = path.with_name(path.name + "-wal")
    try:
        made = sqlite3.connect(path.as_uri() + "?mode=rw", timeout=_PATIENCE, uri=True)
        busy = made.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        busy = busy or not _is_ours(made)
        made.close()
    except sqlite3.DatabaseError as error:
        sys.stderr.write(f"{path.name} is kept as it is, with its log: {error}\n")
        _move_log(path, new_name)
        return
    if busy or (wal.exists() and wal.stat().st_size):
        raise SystemExit(f"another program has `{path}` open: `fuser -v {path}` names it")
    for end in ("-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + end).unlink()


def _is_ours(made: sqlite3.Connection) -> bool:
    """Tell whether nobody writes: a journal of theirs would stay, and spoil the new one."""
    try:
        made.execute("BEGIN EXCLUSIVE")
        made.rollback()
    except sqlite3.OperationalError:
        return False
    return True


def _move_log(path: Path, new_name: Path) -> None:
    for end in _BESIDE_IT:
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + end).replace(new_name.with_name(new_name.name + end))


def _inode(path: Path) -> "tuple[int, int]":
    found = path.stat()
    return found.st_dev, found.st_ino


def _journal_of(live: Path) -> str:
    if not live.exists():
        return ""
    with live.open("rb") as source:  # the format says it: two bytes at 18 are 2 for WAL
        head = source.read(20)
    return "wal" if head[18:20] == b"\x02\x02" else ""


def _none(kept: Path) -> Path:
    return kept.with_name(kept.name + _NONE)


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def main(verb: str, *paths: Path) -> None:
    """Do what the first word says."""
    if verb == "beside":
        beside(*paths)
    elif verb == "swap":
        swap(*paths)
    elif verb == "back":
        back(*paths)
    else:
        drop(*paths)


if __name__ == "__main__":
    try:
        main(sys.argv[1], *map(Path, sys.argv[2:]))
    except (sqlite3.Error, OSError) as error:
        raise SystemExit(f"{sys.argv[1]}: {error}") from error
