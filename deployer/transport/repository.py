"""A git repository on this machine, as the source of `transport: push`."""

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from deployer.core.supply import Commit
from deployer.errors import NoSuchRevision, UsageError

_TIMEOUT = 120.0
_COMMIT = re.compile(r"[0-9a-f]{40}")
_ELSEWHERE = {
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_PREFIX",
}
"""Git sets these for its hooks: they win over the folder that we name (git(1))."""
_MIGRATIONS = (":(glob)**/migrations/*.py", ":(glob)**/migrations/versions/*.py")


class LocalRepository:
    """Reads one local repository with git; it never changes it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._packs: dict[tuple[str, tuple[str, ...]], bytes] = {}
        self._held: dict[str, bool] = {}
        if self._git("rev-parse", "--git-dir").returncode != 0:
            raise UsageError(
                f"`{folder}` is not a git repository.",
                hint="set `app.source.url` to the folder of the app's repository",
            )

    def resolve(self, revision: str) -> str:
        """Give the full commit id of a branch, tag or commit; raises NoSuchRevision."""
        found = self._git(
            "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
        )
        commit = found.stdout.decode().strip().splitlines()
        if found.returncode != 0 or not commit or not _COMMIT.fullmatch(commit[-1]):
            raise NoSuchRevision(
                f"`{self._folder}` has no branch, tag or commit `{revision}`.",
                hint=f"look at `git -C {self._folder} log --oneline --all`, or fetch first",
            )
        return commit[-1]

    def pack(self, revision: str, known: tuple[str, ...]) -> bytes:
        """Give a git pack of all that a host with the `known` commits lacks for a revision.

        Hosts that know the same are given the same bytes: packed once, and once in memory.
        """
        have = tuple(sorted({commit for commit in known if self._has(commit)}))
        if (revision, have) not in self._packs:
            self._packs[revision, have] = self._pack(revision, have)
        return self._packs[revision, have]

    def _pack(self, revision: str, have: tuple[str, ...]) -> bytes:
        wanted = "\n".join([revision, *(f"^{commit}" for commit in have), ""])
        packed = self._git(
            "pack-objects", "--revs", "--thin", "--stdout", "--quiet", stdin=wanted.encode()
        )
        if packed.returncode != 0:
            raise NoSuchRevision(
                f"`{self._folder}` cannot give all of `{revision}`: {_last(packed.stderr)}",
                hint="a shallow clone lacks history: fetch all of it (`git fetch --unshallow`)",
            )
        return packed.stdout

    def log(self, older: str, newer: str) -> tuple[Commit, ...] | None:
        """Give the commits from older to newer, newest first; None when they cannot be told."""
        if not (self._has(older) and self._has(newer)):
            return None
        shown = self._git("log", "--format=%H%x1f%an%x1f%s", "--max-count=50", f"{older}..{newer}")
        lines = shown.stdout.decode(errors="replace").splitlines()
        parts = [line.split("\x1f", 2) for line in lines]
        return tuple(Commit(*part) for part in parts)

    def is_before(self, older: str, newer: str) -> bool:
        """Tell whether a commit is part of the history of another one, as far as known here."""
        if older == newer or not (self._has(older) and self._has(newer)):
            return False
        return self._git("merge-base", "--is-ancestor", older, newer).returncode == 0

    def new_migrations(self, older: str, newer: str) -> tuple[str, ...]:
        """Name the migration files that newer has and older has not."""
        base = older if older and self._has(older) else self._empty_tree()
        found = self._git("diff", "--name-only", "--diff-filter=A", base, newer, "--", *_MIGRATIONS)
        names = found.stdout.decode(errors="replace").splitlines()
        return tuple(name for name in names if not name.endswith("__init__.py"))

    def text(self, revision: str, path: str) -> str:
        """Give the text of a file at a commit; "" if it has none there."""
        return self._git("show", f"{revision}:{path}").stdout.decode(errors="replace")

    def checked_out(self) -> tuple[str, str]:
        """Give the branch ("" for none) and the commit ("" for none yet) that are checked out."""
        branch = self._git("symbolic-ref", "--quiet", "--short", "HEAD").stdout.decode().strip()
        commit = self._git("rev-parse", "--verify", "--quiet", "HEAD").stdout.decode().strip()
        return branch, commit

    def uncommitted(self) -> tuple[str, ...]:
        """Name the files that are changed or new and not committed; ignored ones do not count."""
        # git-status(1): "XY path" with NULs between.
        said = self._git("status", "--porcelain=v1", "-z", "--no-renames").stdout
        return tuple(one[3:] for one in said.decode(errors="replace").split("\0") if one)

    def _empty_tree(self) -> str:
        return self._git("hash-object", "-t", "tree", "--stdin").stdout.decode().strip()

    def _has(self, commit: str) -> bool:
        if commit not in self._held:
            self._held[commit] = bool(_COMMIT.fullmatch(commit)) and (
                self._git("cat-file", "-e", f"{commit}^{{commit}}").returncode == 0
            )
        return self._held[commit]

    def _git(self, *words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        command: Sequence[str] = ("git", "-C", str(self._folder), *words)
        try:
            return subprocess.run(  # noqa: S603  words, never a shell line; revisions are checked
                command,
                input=stdin,
                capture_output=True,
                timeout=_TIMEOUT,
                check=False,
                env={name: text for name, text in os.environ.items() if name not in _ELSEWHERE},
            )
        except FileNotFoundError:
            raise UsageError("`git` is not on this machine.", hint="install git") from None


def _last(output: bytes) -> str:
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "git says nothing"
