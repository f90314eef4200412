"""Folders and files as they should be; each tells whether it had to change anything."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from deployer.agent.disk.descending import made_folder
from deployer.agent.disk.files import make_folder, write_atomic
from deployer.agent.system.people import group_id, user_id


def ensure_folder(path: Path, mode: int, owner: str, group: str = "") -> bool:
    """Make a folder (parents too) or mend its owner and mode; without `group` it is root's."""
    uid, gid = user_id(owner), group_id(group) if group else 0
    make_folder(path.parent)
    with made_folder(path.parent, path, mode) as (descriptor, made):
        found = os.fstat(descriptor)
        if (found.st_uid, found.st_gid, found.st_mode & 0o7777) == (uid, gid, mode):
            return made
        os.fchown(descriptor, uid, gid)
        os.fchmod(descriptor, mode)
    return True


def ensure_file(path: Path, content: bytes, mode: int, owner: str) -> bool:
    """Write a file by rename if its content, mode or owner is another."""
    account = pwd.getpwnam(owner)
    if path.is_file() and not path.is_symlink() and path.read_bytes() == content:
        found = path.stat()
        if (found.st_uid, found.st_mode & 0o7777) == (account.pw_uid, mode):
            return False
    make_folder(path.parent)
    write_atomic(path, content, mode, account.pw_uid, account.pw_gid)
    return True
