"""Bring a tree to the host: exported from a commit, or unpacked from an archive of ours."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from deployer.agent.actions.folders import discard_folder
from deployer.agent.actions.programs import require
from deployer.agent.context import ActionFailed, Context
from deployer.agent.disk.archive_rules import Unsafe
from deployer.agent.disk.files import make_folder, rename_durable
from deployer.agent.disk.flush import flush_file_system
from deployer.agent.disk.manifest import MARKER
from deployer.agent.disk.roots import app_folder, writable
from deployer.agent.disk.sealing import seal_tree
from deployer.agent.disk.unpacking import unpack_tar
from deployer.agent.runs.release_record import RECORD
from deployer.agent.system.people import group_id, main_group_id, user_id
from deployer.agent.system.programs import Completed
from deployer.agent.text import fields

_REVISION = re.compile(r"[0-9a-f]{7,64}")
_OURS = (".git", RECORD, MARKER, "config/system")
"""What a commit may not bring: these tell of a release what only this host may say of it."""


def export(ctx: Context, action: Mapping[str, object]) -> bool:
    """Write the tree of a commit into a new folder as its user; afterwards it is root's.

    Whatever root does in there later, it does in folders that nobody else can change.
    """
    folder = app_folder(ctx, fields.text(action, "to"), "releases")
    revision = fields.text(action, "revision")
    if not _REVISION.fullmatch(revision):
        raise ActionFailed(f"`{revision}` is not the full name of a commit")
    ctx.action(f"export {revision[:12]}")
    ctx.note = revision[:12]
    user = fields.text(action, "user") or "root"
    discard_folder(ctx, folder)  # a half-finished one; never one that is in use
    make_folder(folder, 0o700)
    os.chown(folder, user_id(user), main_group_id(user))
    folder.chmod(0o750)
    _export(ctx, action, folder, user)
    _compile(ctx, fields.text(action, "interpreter"), folder, user)
    seal_tree(folder, main_group_id(user))
    if not any(folder.iterdir()):
        raise ActionFailed(f"the tree of {revision[:12]} is empty", "Check `subdirectory`.")
    for name in _OURS:
        if (folder / name).is_symlink() or (folder / name).exists():
            hint = "Take it out of the repository: that name belongs to the deployment."
            raise ActionFailed(f"the tree of {revision[:12]} holds `{name}`", hint)
    return True


def unpack(ctx: Context, action: Mapping[str, object]) -> bool:
    """Unpack an archive into a folder that appears only when it is whole."""
    path = writable(ctx, fields.text(action, "path"))
    if path.is_dir() and not path.is_symlink():
        return False
    owner = user_id(fields.text(action, "owner", "root"))
    group = group_id(fields.text(action, "group", "root"))
    partial = path.with_name(f"{path.name}.partial")
    if partial.exists():
        shutil.rmtree(partial)
    make_folder(partial)
    partial.chmod(0o755)
    os.chown(partial, owner, group)
    try:
        unpack_tar(fields.octets(action, "content"), partial, (owner, group))
    except Unsafe as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise ActionFailed(f"`{path}` was not unpacked: {error}") from error
    flush_file_system(partial)
    rename_durable(partial, path)
    return True


def _export(ctx: Context, action: Mapping[str, object], folder: Path, user: str) -> None:
    repository = str(ctx.path(fields.text(action, "repository")))
    below = fields.text(action, "subdirectory").strip("/")
    tree = fields.text(action, "revision") + (f":{below}" if below else "")
    git = ("git", "-c", f"safe.directory={repository}", "-C", repository)
    archive = (*git, "archive", "--format=tar", tree)
    # Through a file of the user's, because both programs run as that user.
    tar = folder / f".{os.urandom(8).hex()}.tar"
    descriptor = os.open(tar, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.fchown(descriptor, user_id(user), -1)
        made = ctx.execute(archive, user=user, sink=descriptor, quiet=True, timeout=300)
        require(made, ("git", "archive", tree), _hint(made))
        words = ("tar", "--extract", "--file", str(tar), "--directory", str(folder))
        require(ctx.execute(words, user=user, quiet=True, timeout=300), words)
    finally:
        os.close(descriptor)
        tar.unlink()


def _compile(ctx: Context, interpreter: str, folder: Path, user: str) -> None:
    """Compile the tree for a quick start; a file that does not compile is the app's business."""
    if interpreter:
        words = (interpreter, "-I", "-S", "-m", "compileall", "-q", str(folder))
        ctx.execute(words, user=user, quiet=True, timeout=300)


def _hint(made: Completed) -> str:
    if made.ok:
        return ""
    return "Check that the commit was brought to the host, and `source.subdirectory`."
