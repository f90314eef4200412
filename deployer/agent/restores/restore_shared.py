"""Restore an app's shared files: a new folder beside, swapped by rename.

A backup may hold only some of what is in there, and never the database. What it does not hold is
carried from the old folder into the new one, and back when the swap is undone. While it is carried
no folder has the live name: an app that is started by a boot in that moment cannot make a database
of its own there. The folder is the app's, so nothing in it is reached but by descriptors that
follow no link.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from deployer.agent.backups import shared_files
from deployer.agent.backups.shared_tar import MANIFEST, PREFIX
from deployer.agent.context import ActionFailed, Context
from deployer.agent.disk import trash
from deployer.agent.disk.archive_rules import Parts, Rules, Unsafe
from deployer.agent.disk.carrying import carry, names_in
from deployer.agent.disk.files import fsync_folder, write_atomic
from deployer.agent.disk.flush import flush_file_system
from deployer.agent.disk.fresh_tree import FreshTree, Look
from deployer.agent.disk.roots import writable
from deployer.agent.disk.unpacking import unpack
from deployer.agent.restores.restoration import Wish, names, scratch_name
from deployer.agent.restores.restored import Kept
from deployer.agent.system.people import group_id, user_id

_SPARE = 64 * 1024 * 1024
_SCRATCH = ".restore-test"
_PERMISSIONS = 0o777
_GROUP_OF_FOLDER = 0o2000


class RestoreShared:
    """The folder of shared files of one app."""

    def __init__(self, ctx: Context, wish: Wish) -> None:
        self._ctx = ctx
        self._backup = wish.backup
        self._database = ctx.path(wish.database_file) if wish.database_file else None
        self._live = writable(ctx, wish.shared)
        found = names(self._live.name, ctx.run)
        self._beside = self._live.with_name(found.beside)
        self._kept = self._live.with_name(found.kept)
        self._tried = self._live.with_name(found.tried)
        self._list = ctx.saved_folder / "restored-names"

    @property
    def _fresh(self) -> Path:
        return self._beside / PREFIX

    @property
    def archive(self) -> Path:
        return self._backup / shared_files.PART

    def check(self) -> str:
        """Find out whether the folder can be swapped, and whether there is room."""
        if not self.archive.is_file():
            hint = "Choose another backup: `inv backups` lists them."
            raise ActionFailed(f"the backup `{self._backup.name}` holds no shared files", hint)
        found = self._live.lstat()
        above = self._live.parent.stat().st_dev
        if not stat.S_ISDIR(found.st_mode) or found.st_dev != above:
            what = "a mount point" if stat.S_ISDIR(found.st_mode) else "no folder"
            hint = "Restore by hand: the archive is a plain tar."
            raise ActionFailed(f"`{self._live}` is {what}, so it cannot be renamed", hint)
        needed = _bytes_of(self.archive) + _SPARE
        free = shutil.disk_usage(self._live.parent).free
        if free < needed:
            cause = f"`{self._live.parent}` has {free >> 20} MB free, a second copy needs"
            raise ActionFailed(f"{cause} {needed >> 20} MB", "Make room: old copies, old backups.")
        return f"{free >> 20} MB free"

    def beside(self) -> str:
        """Unpack beside the live folder and compare with the manifest."""
        self.drop_beside()
        count = self._unpacked(self._beside)
        inside = self._fresh.joinpath(*self._inside)
        if self._inside and (inside.is_symlink() or inside.exists()):
            cause = f"the archive holds `{'/'.join(self._inside)}`, where the database is"
            raise ActionFailed(cause, "Restore by hand: the archive is a plain tar.")
        with _opened(self._fresh) as folder:
            kept = json.dumps(sorted(names_in(folder))).encode()
        self._list.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomic(self._list, kept, 0o600)
        return f"{count} shared files, each with its sha256"

    def drop_beside(self) -> bool:
        """Remove what was unpacked beside, unless a swap that was cut has left something in it."""
        if self._kept.exists():
            hint = "Run `inv recover`; until then nothing of it is removed."
            raise ActionFailed(f"`{self._kept}` has not got its name back", hint)
        return trash.throw_away(self._beside, self._ctx.path(f"/srv/{self._ctx.app}/.trash"))

    def swap(self) -> Kept:
        """Swap the folders; what the backup does not hold goes along, the database above all."""
        if self._fresh.exists():
            if not self._kept.exists():
                self._live.rename(self._kept)
                fsync_folder(self._live.parent)
            with _opened(self._kept) as old, _opened(self._fresh) as new:
                carry(old, new, self._inside)
            self._fresh.rename(self._live)
            fsync_folder(self._live.parent)
        if self._beside.exists():
            self._beside.rmdir()
        return Kept(str(self._kept), f"rm -r {self._kept}")

    def swap_back(self) -> Kept:
        """Put the old folder back, with what was carried; the restored one keeps a name."""
        if not self._kept.exists():
            return Kept("")
        if self._live.exists():
            self._live.rename(self._tried)
            fsync_folder(self._live.parent)
        taken = self._tried if self._tried.exists() else self._fresh
        if taken.exists():
            with _opened(self._kept) as old, _opened(taken) as new:
                carry(new, old, self._inside, but_not=self._restored_names())
        self._kept.rename(self._live)
        fsync_folder(self._live.parent)
        there = self._tried.exists()
        return Kept(str(self._tried), f"rm -r {self._tried}") if there else Kept("")

    def rehearse(self) -> str:
        """Unpack into a scratch folder, compare with the manifest, remove it."""
        grave = self._ctx.path(f"/srv/{self._ctx.app}/.trash")
        for left in self._live.parent.glob(f"{_SCRATCH}-*"):
            trash.throw_away(left, grave)
        scratch = self._live.with_name(f"{_SCRATCH}-{scratch_name('', self._ctx.run)}")
        try:
            return f"{self._unpacked(scratch)} shared files, each with its sha256"
        finally:
            trash.throw_away(scratch, grave)

    def _unpacked(self, target: Path) -> int:
        target.mkdir(mode=0o700)
        try:
            # An archive that is larger than the room is refused before the disk is full.
            room = max(0, shutil.disk_usage(target).free - _SPARE)
            with self.archive.open("rb") as packed:
                rules = Rules(links=True, size=room)
                tree = unpack(packed, target, rules, self._dress, self._default)
            count = _compared(target, tree)
        except Unsafe as error:
            trash.throw_away(target, self._ctx.path(f"/srv/{self._ctx.app}/.trash"))
            raise ActionFailed(f"the shared files were not restored: {error}") from error
        flush_file_system(target)
        return count

    @property
    def _default(self) -> Look:
        """The look of the shared folder itself, when the archive does not name it."""
        found = self._live.lstat()
        return Look(found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode))

    def _dress(self, member: tarfile.TarInfo) -> Look:
        """Owner by name, as recorded, or the app's; never a program that runs as somebody else."""
        keep = _PERMISSIONS | (_GROUP_OF_FOLDER if member.isdir() else 0)
        default = self._default
        uid, gid = default.uid, default.gid
        with contextlib.suppress(ActionFailed):
            uid = user_id(member.uname)
        with contextlib.suppress(ActionFailed):
            gid = group_id(member.gname)
        return Look(uid, gid, member.mode & keep, float(member.mtime))

    @property
    def _inside(self) -> Parts:
        """Where in the folder the database is."""
        if self._database is None or not self._database.is_relative_to(self._live):
            return ()
        return self._database.relative_to(self._live).parts

    def _restored_names(self) -> frozenset[str]:
        try:
            found = json.loads(self._list.read_bytes())
        except (OSError, ValueError):
            return frozenset()
        return frozenset(map(str, found))


def _compared(target: Path, tree: FreshTree) -> int:
    """Compare every file with the manifest; raises Unsafe."""
    told = _manifest(target)
    found = {parts: digest for parts, digest in tree.files.items() if parts != (MANIFEST,)}
    wanted = {(PREFIX, *name.split("/")): sha256 for name, sha256 in told.items()}
    if found != wanted:
        raise Unsafe("the archive is not as its manifest says")
    if not (target / PREFIX).is_dir():
        raise Unsafe(f"the archive has no folder `{PREFIX}`")
    (target / MANIFEST).unlink()
    return len(found)


def _manifest(target: Path) -> Mapping[str, str]:
    try:
        told = json.loads((target / MANIFEST).read_bytes())
        return {str(name): str(one["sha256"]) for name, one in told["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unsafe("the archive has no manifest") from error


def _bytes_of(archive: Path) -> int:
    """Give a guess of the room that is needed: what is packed rarely is three times as large."""
    return archive.stat().st_size * 3


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(folder, flags)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
