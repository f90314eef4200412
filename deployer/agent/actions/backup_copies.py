"""Carry verified backups to another machine, as root: they are for root's eyes only.

Nothing of the app runs here: rsync is the host's own, and any other program must belong to root,
as must every folder above it, so that the app cannot have put it there.
"""

from __future__ import annotations

import stat
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from deployer.agent.backups.backup_folders import backups_of
from deployer.agent.backups.backup_proof import missing
from deployer.agent.backups.backup_record import RECORD, opened, sealed
from deployer.agent.context import ActionFailed, Context
from deployer.agent.disk.files import write_atomic
from deployer.agent.text import fields

_STRICT = (
    *("-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "-o", "ConnectTimeout=20"),
    *("-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3", "-o", "IdentitiesOnly=yes"),
)
_RSYNC = ("rsync", "--archive", "--partial", "--timeout=60", "--no-owner", "--no-group")


def copy(ctx: Context, action: Mapping[str, object]) -> bool:
    """Copy each backup that has no copy yet, and write down where it is."""
    folder = ctx.path(fields.text(action, "folder"))
    way = action.get("way")
    asked = way if isinstance(way, Mapping) else {}
    due = [one for one in reversed(backups_of(folder, ctx.app)) if _is_due(one)]
    with tempfile.TemporaryDirectory(prefix="deployer-copy-") as room:
        for one in due:
            ctx.action(f"copy {one.name} to another machine")
            place = _carried(ctx, one, asked, (Path(room), fields.number(action, "timeout")))
            _write_down(one, place)
    ctx.note = f"copied {', '.join(one.name for one in due)}" if due else "nothing to copy"
    return bool(due)


def _is_due(backup: Path) -> bool:
    return not missing(backup) and not fields.objects(opened(backup), "copied_to")


def _carried(
    ctx: Context, backup: Path, way: Mapping[str, object], limits: tuple[Path, float]
) -> str:
    """Copy one; gives the name of the place."""
    room, timeout = limits
    if fields.text(way, "kind") == "CopyByCommand":
        words = tuple(
            word.replace("{backup}", str(backup)).replace("{name}", backup.name)
            for word in fields.texts(way, "words")
        )
        _refuse_foreign(ctx, words[0])
        _must(ctx, words, timeout, backup.name)
        return words[0]
    target = fields.text(way, "target").rstrip("/")
    _rsync(ctx, backup, (target, _shell(way, room)), timeout)
    return target


def _rsync(ctx: Context, backup: Path, to: tuple[str, str], timeout: float) -> None:
    """Send all, the record last: a copy that broke off is none. Then compare the checksums."""
    target, shell = to
    words = (*_RSYNC, "-e", shell)
    source, there = str(backup), f"{target}/"
    _must(ctx, (*words, f"--exclude=/{backup.name}/{RECORD}", source, there), timeout, backup.name)
    _must(ctx, (*words, "--checksum", source, there), timeout, backup.name)
    again = (*words, "--checksum", "--dry-run", "--itemize-changes", source, there)
    differs = [line for line in _must(ctx, again, timeout, backup.name) if line.startswith("<f")]
    if differs:
        raise ActionFailed(f"the copy of `{backup.name}` is not like it: {differs[0]}")


def _shell(way: Mapping[str, object], room: Path) -> str:
    words = ["ssh", *_STRICT, "-p", str(fields.whole(way, "port", 22))]
    words += ["-i", fields.text(way, "identity")]
    keys = fields.texts(way, "host_keys")
    if keys:
        host = fields.text(way, "target").partition("@")[2].partition(":/")[0].strip("[]")
        port = fields.whole(way, "port", 22)
        name = host if port == 22 else f"[{host}]:{port}"  # noqa: PLR2004  as in known_hosts(5)
        pinned = room / "known_hosts"
        pinned.write_text("".join(f"{name} {key}\n" for key in keys))
        words += ["-o", f"UserKnownHostsFile={pinned}", "-o", "GlobalKnownHostsFile=/dev/null"]
    return " ".join(words)


def _must(ctx: Context, words: tuple[str, ...], timeout: float, name: str) -> tuple[str, ...]:
    done = ctx.execute(words, timeout=timeout)
    if done.ok:
        return done.lines
    last = done.lines[-1] if done.lines else done.problem
    raise ActionFailed(
        f"the backup `{name}` is on this host, but could not be copied away: {last}",
        "Mend `backup.copy` or the other machine, then run `inv backup`: it copies what is left.",
        done.lines[-20:],
    )


def _refuse_foreign(ctx: Context, program: str) -> None:
    place = ctx.path(program).resolve()
    for one in (place, *place.parents):
        found = one.stat() if one.exists() else None
        if found is None:
            raise ActionFailed(f"there is no program `{program}` on this host")
        if found.st_uid != 0 or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            cause = f"`{program}` is not run as root: others than root may change `{one}`"
            raise ActionFailed(cause, "Put it below /usr/local/sbin, owned by root.")


def _write_down(backup: Path, place: str) -> None:
    record = opened(backup)
    copies = [*fields.objects(record, "copied_to"), {"to": place, "when": time.time()}]
    write_atomic(backup / RECORD, sealed({**record, "copied_to": copies}), 0o600)
