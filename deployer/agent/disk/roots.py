"""Where the agent may write: a short list of places, and no symlink on the way out of them."""

from __future__ import annotations

import re
import stat
from pathlib import Path, PurePosixPath

from deployer.agent.context import ActionFailed, Context

_COMMON = (
    r"/etc/nginx/.+",
    r"/etc/sudoers\.d/deployer[\w-]*",
    r"/etc/systemd/system/deployer-[\w@.-]+(/[\w.-]+)?",
    r"/etc/tmpfiles\.d/[\w.-]+",
    r"/etc/logrotate\.d/deployer[\w-]*",
    r"/home/[\w.-]+/\.ssh(/.+)?",
    r"/opt/backups(/.+)?",
    r"/usr/lib/deployer(/.+)?",
    r"/var/lib/deployer(/.+)?",
    r"/var/www/[\w.-]+(/.+)?",
    r"/var/log/deploy\.log",
)
_OF_THE_APP = (
    r"/srv/{app}(/.+)?",
    r"/etc/{app}(/.+)?",
    r"/etc/systemd/system/{app}[@.-][\w@.-]*(/[\w.-]+)?",
    r"/etc/systemd/system/[\w-]+\.wants/{app}[@.-][\w@.-]*",
)


def writable(ctx: Context, absolute: str) -> Path:
    """Give the path to write to; raises ActionFailed for a place that is not ours."""
    if not _is_plain(absolute) or not _is_ours(ctx.app, absolute):
        raise ActionFailed(
            f"the agent may not write `{absolute}`",
            hint="Only the app's own folders, units and sites are written; choose such a path.",
        )
    path = ctx.path(absolute)
    _refuse_links(ctx, path)
    return path


def app_folder(ctx: Context, absolute: str, *kinds: str) -> Path:
    """Give a path that is a direct child of one of the app's folders (`releases`, `venvs` …)."""
    pure = PurePosixPath(absolute)
    parents = {f"/srv/{ctx.app}/{kind}" for kind in kinds}
    if not ctx.app or str(pure.parent) not in parents or not re.fullmatch(r"\w[\w.+-]*", pure.name):
        raise ActionFailed(f"`{absolute}` is not one of the app's {' or '.join(kinds)}")
    return writable(ctx, absolute)


def _is_plain(absolute: str) -> bool:
    return (
        absolute.startswith("/")
        and absolute.isprintable()
        and str(PurePosixPath(absolute)) == absolute
        and ".." not in PurePosixPath(absolute).parts
    )


def _is_ours(app: str, absolute: str) -> bool:
    patterns = list(_COMMON)
    if app:
        patterns += [pattern.format(app=re.escape(app)) for pattern in _OF_THE_APP]
    return any(re.fullmatch(pattern, absolute) for pattern in patterns)


def _refuse_links(ctx: Context, path: Path) -> None:
    root = ctx.path("/")
    for parent in path.parents:
        if parent in (root, *root.parents):
            return
        try:
            found = parent.lstat()
        except FileNotFoundError:
            continue
        if not stat.S_ISDIR(found.st_mode):
            raise ActionFailed(
                f"`{parent}` is not a folder but something else, so `{path}` is not written",
                hint=f"Look at it with `ls -l {parent}` and remove it if nobody needs it.",
            )
