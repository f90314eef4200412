"""Remove a folder so that nobody ever meets half of it: rename first, delete then."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

from deployer.agent.context import ActionFailed
from deployer.agent.files import fsync_folder


def throw_away(path: Path, trash: Path) -> bool:
    """Move a folder into `trash` (same file system) and delete it; False if it is not there."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    if not stat.S_ISDIR(found.st_mode):
        raise ActionFailed(f"`{path}` is not a folder, so it is not removed")
    trash.mkdir(mode=0o700, exist_ok=True)
    grave = _free(trash, path.name)
    path.rename(grave)
    fsync_folder(path.parent)
    shutil.rmtree(grave, ignore_errors=True)  # what stays is deleted by the next `empty`
    return True


def empty(trash: Path) -> bool:
    """Delete what an earlier, interrupted removal left in the trash."""
    if trash.is_symlink() or not trash.is_dir():
        return False
    left = tuple(trash.iterdir())
    for grave in left:
        if grave.is_symlink() or not grave.is_dir():
            grave.unlink()
        else:
            shutil.rmtree(grave, ignore_errors=True)
    return bool(left)


def _free(trash: Path, name: str) -> Path:
    count = 0
    while (trash / f"{name}.{count}").exists():
        count += 1
    return trash / f"{name}.{count}"
