"""Remove a folder so that nobody ever meets half of it: rename first, delete then."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

from deployer.agent.context import ActionFailed
from deployer.agent.disk.files import make_private, rename_durable
from deployer.agent.system.programs import Program, run

_PATIENCE = 600.0


def throw_away(path: Path, trash: Path) -> bool:
    """Move a folder into `trash` (same file system) and delete it; False if it is not there."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    if not stat.S_ISDIR(found.st_mode):
        raise ActionFailed(f"`{path}` is not a folder, so it is not removed")
    if trash.is_symlink():
        raise ActionFailed(f"`{trash}` is a link, so nothing is moved there")
    make_private(trash)
    grave = _free(trash, path.name)
    rename_durable(path, grave)
    _delete(grave)  # what stays is deleted by the next `empty`
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
            _delete(grave)
    return bool(left)


def _delete(grave: Path) -> None:
    try:
        shutil.rmtree(grave, ignore_errors=True)
    except RecursionError:  # who built it has made it deeper than Python goes
        run(Program(("rm", "-rf", "--", str(grave)), timeout=_PATIENCE))


def _free(trash: Path, name: str) -> Path:
    count = 0
    while (trash / f"{name}.{count}").exists():
        count += 1
    return trash / f"{name}.{count}"
