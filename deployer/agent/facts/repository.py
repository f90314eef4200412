"""What the bare mirror of an app has, asked as its owner (git refuses strangers' folders)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from deployer.agent.context import ActionFailed, Context, Fields
from deployer.agent.system.programs import Completed
from deployer.agent.text import fields, grammar

_TIMEOUT = 60.0
_SHA = re.compile(r"[0-9a-f]{40,64}")
_SHORT = re.compile(r"[0-9a-f]{7,39}")
_ALWAYS_SAID = (
    "fatal: Could not read from remote repository",
    "Please make sure you have the correct access rights",
    "and the repository exists",
)
_QUIET = {"GIT_TERMINAL_PROMPT": "0"}


def repository(ctx: Context, question: Fields) -> object:
    """Give the tips of all refs, and which of the revisions are there."""
    revisions = [grammar.revision(one) for one in fields.texts(question, "revisions")]
    mirror = ctx.path(f"/srv/{ctx.app}/repo.git")
    if not (mirror / "HEAD").is_file():
        return {"exists": False, "tips": [], "has": dict.fromkeys(revisions, False)}
    listed = _git(ctx, mirror, "for-each-ref", "--format=%(objectname)")
    return {
        "exists": True,
        "tips": sorted(set(listed.stdout.decode().split())),
        "has": _known(ctx, mirror, revisions) if revisions else {},
    }


def remote_revision(ctx: Context, question: Fields) -> object:
    """Ask the source for the commit of a branch or tag; a full hash is its own answer."""
    url, wanted = fields.text(question, "url"), fields.text(question, "revision")
    if _SHA.fullmatch(wanted):
        return wanted
    if url.startswith("-") or wanted.startswith("-"):
        raise ActionFailed("a URL or revision may not begin with `-`")
    patterns = [wanted, f"{wanted}^{{}}"] if wanted else ["HEAD"]
    words = ["git", "ls-remote", "--", url, *patterns]
    done = ctx.execute(words, user=ctx.app, env=_QUIET, timeout=_TIMEOUT, quiet=True)
    if not done.ok:
        raise ActionFailed(f"`git ls-remote` {done.problem}: {_reason(done.lines)}")
    found = _best(done.stdout.decode("utf-8", "replace"), wanted or "HEAD")
    return found or _in_mirror(ctx, wanted)


def _in_mirror(ctx: Context, wanted: str) -> str:
    """A server lists only tips: the short name of an older commit is known by our mirror."""
    mirror = ctx.path(f"/srv/{ctx.app}/repo.git")
    if not _SHORT.fullmatch(wanted) or not (mirror / "HEAD").is_file():
        return ""
    asked = f"{wanted}^{{commit}}\n".encode()
    done = _git(ctx, mirror, "cat-file", "--batch-check=%(objectname)", stdin=asked)
    said = done.stdout.decode().strip()
    return said if _SHA.fullmatch(said) else ""


def _known(ctx: Context, mirror: Path, revisions: list[str]) -> dict[str, bool]:
    asked = "".join(f"{one}^{{commit}}\n" for one in revisions).encode()
    done = _git(ctx, mirror, "cat-file", "--batch-check=%(objecttype)", stdin=asked)
    answers = done.stdout.decode().splitlines()
    pairs = zip(revisions, answers)  # noqa: B905  `strict` is not in Python 3.9
    return {revision: said == "commit" for revision, said in pairs}


def _git(ctx: Context, mirror: Path, *words: str, stdin: bytes = b"") -> Completed:
    owner = mirror.owner()
    line = ["git", f"--git-dir={mirror}", *words]
    done = ctx.execute(line, user=owner, stdin=stdin, env=_QUIET, timeout=_TIMEOUT, quiet=True)
    if not done.ok:
        raise ActionFailed(f"`git {words[0]}` {done.problem}", log=done.lines)
    return done


def _reason(lines: Sequence[str]) -> str:
    """Give the last line that says why; git ends with the same three lines whatever it was."""
    said = [line for line in lines if line.strip() and not line.startswith(_ALWAYS_SAID)]
    return said[-1].strip() if said else "it does not say why"


def _best(listed: str, wanted: str) -> str:
    pairs = (line.split("\t", 1) for line in listed.splitlines() if "\t" in line)
    found = {name: sha for sha, name in pairs}
    names = (wanted, f"refs/heads/{wanted}", f"refs/tags/{wanted}^{{}}", f"refs/tags/{wanted}")
    return next((found[name] for name in names if name in found), "")
