"""The texts that may be shown: the app's units, nginx's files and the public deploy key.

A file with a link, a device or more than 1 MiB behind its name is not read.
"""

from __future__ import annotations

import os
import re
import stat

from deployer.agent.context import ActionFailed, Context, Fields

_LARGEST = 1_048_576
_MOST = 100


def texts(ctx: Context, question: Fields) -> object:
    """Give the text of each path; None for one that is not there."""
    paths = question.get("paths")
    asked = [str(path) for path in paths] if isinstance(paths, list) else []
    for path in asked[:_MOST]:
        if not _may_be_shown(ctx.app, path):
            raise ActionFailed(f"`{path}` is no unit of `{ctx.app}` and no file of nginx")
    return {path: _text(ctx, path) for path in asked[:_MOST]}


def _may_be_shown(app: str, path: str) -> bool:
    if not app or ".." in path.split("/"):
        return False
    unit = rf"/etc/systemd/system/{re.escape(app)}@[^/]*(?:/[^/]+)?"
    site = r"/etc/nginx/(?:[A-Za-z0-9_.-]+/)*[A-Za-z0-9_.-]+\.conf"
    key = rf"/srv/{re.escape(app)}/\.ssh/id_ed25519\.pub"
    return re.fullmatch(rf"{unit}|{site}|{key}", path) is not None


def _text(ctx: Context, path: str) -> str | None:
    try:
        descriptor = os.open(ctx.path(path), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ActionFailed(f"`{path}` cannot be read: {error.strerror}") from error
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_size > _LARGEST:
            raise ActionFailed(f"`{path}` is no file, or larger than 1 MiB")
        return file.read(_LARGEST).decode("utf-8", "backslashreplace")
