"""Restore an SQLite database: a new file beside, swapped by rename; all as the app's user."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from deployer.agent.backups.dumped import TIMEOUT, counts, texts
from deployer.agent.context import ActionFailed, Context
from deployer.agent.databases import sqlite_copy
from deployer.agent.restores import sqlite_swap
from deployer.agent.restores.restoration import Wish, is_scratch, names, scratch_name
from deployer.agent.restores.restored import Found, Kept, need
from deployer.agent.system.people import reader_of
from deployer.agent.system.programs import Completed
from deployer.agent.text import fields

_SWAP = str(Path(sqlite_swap.__file__).resolve())
_CHECK = str(Path(sqlite_copy.__file__).resolve())
_SPARE = 64 * 1024 * 1024


class RestoreSqlite:
    """One file in the app's shared folder."""

    def __init__(self, ctx: Context, wish: Wish) -> None:
        self._ctx = ctx
        self._wish = wish
        dump = wish.dump or {}
        self._live = ctx.path(fields.text(dump, "path"))
        self._user = reader_of(ctx)
        found = names(self._live.name, ctx.run)
        self._beside = self._live.with_name(found.beside)
        self._kept = self._live.with_name(found.kept)
        self._tried = self._live.with_name(found.tried)

    def check(self) -> str:
        folder = self._live.parent
        if not folder.is_dir():
            raise ActionFailed(f"the folder `{folder}` is not there", "Run `inv setup` first.")
        needed = self._wish.part.stat().st_size + _SPARE
        free = shutil.disk_usage(folder).free
        if free < needed:
            raise ActionFailed(
                f"`{folder}` has {free >> 20} MB free, a second copy needs {needed >> 20} MB",
                "Make room: old backups, old copies (`*_before_*`).",
            )
        return f"{free >> 20} MB free"

    def beside(self) -> Found:
        return self._restored(self._beside)

    def drop_beside(self) -> bool:
        there = self._beside.exists()
        self._swap("drop", self._beside)
        return there

    def swap(self) -> Kept:
        need(
            self._swap("swap", self._live, self._beside, self._kept),
            "the database could not be swapped",
            "Close what else has it open, then restore again.",
        )
        return Kept(str(self._kept), f"rm {self._kept}") if self._kept.exists() else Kept("")

    def swap_back(self) -> Kept:
        done = self._swap("back", self._live, self._kept, self._tried)
        need(done, "the database could not be swapped back")
        return Kept(str(self._tried), f"rm {self._tried}") if self._tried.exists() else Kept("")

    def rehearse(self) -> Found:
        for left in self._live.parent.glob("*_scratch_*"):
            if is_scratch(left.name, self._live.name):
                self._swap("drop", left)
        scratch = self._live.with_name(scratch_name(self._live.name, self._ctx.run))
        try:
            return self._restored(scratch)
        finally:
            self._swap("drop", scratch)

    def _restored(self, target: Path) -> Found:
        with self._wish.part.open("rb") as source:
            words = (sys.executable, "-I", "-S", _SWAP, "beside", str(target), str(self._live))
            made = self._ctx.execute(
                words, user=self._user, feed=source.fileno(), quiet=True, timeout=TIMEOUT
            )
        need(made, "the database could not be restored beside", "Is there room on the disk?")
        check = (sys.executable, "-I", "-S", _CHECK, str(target))
        read = self._ctx.execute(check, user=self._user, quiet=True, timeout=TIMEOUT)
        need(read, "the restored database is not whole", "Try an older backup.")
        said = json.loads(read.stdout)
        return Found(counts(said.get("tables")), texts(said.get("migrations")))

    def _swap(self, verb: str, *paths: Path) -> Completed:
        words = (sys.executable, "-I", "-S", _SWAP, verb, *map(str, paths))
        return self._ctx.execute(words, user=self._user, quiet=True, timeout=120)
