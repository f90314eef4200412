"""Files of the host: what is there, with which content."""

from __future__ import annotations

import grp
import hashlib
import pwd
import stat
from pathlib import Path

from deployer.agent.context import ActionFailed, Context, Fields
from deployer.agent.runs.release_record import release_folder
from deployer.agent.text import fields

_PIECE = 1024 * 1024


def files(ctx: Context, question: Fields) -> object:
    """Give digest, mode and owner of each path, or where it links to, or null."""
    return {path: _described(ctx.path(path)) for path in fields.texts(question, "paths")}


def config(ctx: Context, question: Fields) -> object:
    """Give the digests of the live files that a release carries, by their live path."""
    folder = release_folder(ctx, fields.text(question, "release")) / "config/system"
    found = (one for one in sorted(folder.rglob("*")) if one.is_file() and not one.is_symlink())
    return {f"/{one.relative_to(folder)}": digest(one) for one in found}


def complete(ctx: Context, question: Fields) -> object:
    """Tell whether a folder was finished: its marker is written last."""
    marker = fields.text(question, "marker")
    if not marker or "/" in marker:
        raise ActionFailed(f"`{marker}` is not the name of a file")
    return (ctx.path(fields.text(question, "path")) / marker).is_file()


def digest(path: Path) -> str:
    """Give the sha256 of a file's content."""
    summed = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            summed.update(piece)
    return summed.hexdigest()


def _described(path: Path) -> object:
    try:
        found = path.lstat()
    except OSError:
        return None
    if stat.S_ISLNK(found.st_mode):
        return {"link": str(path.readlink())}
    return {
        "sha256": digest(path) if stat.S_ISREG(found.st_mode) else "",
        "mode": stat.S_IMODE(found.st_mode),
        "owner": _owner(found.st_uid),
        "group": _group(found.st_gid),
    }


def _owner(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _group(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)
