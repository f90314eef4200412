"""Which programs a host has, and which Python."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

from deployer.agent.context import ActionFailed, Context, Fields
from deployer.agent.system.people import reader_of
from deployer.agent.system.programs import PATH
from deployer.agent.text import fields

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")
_VERSION_WORDS = {"nginx": "-v", "ssh": "-V", "sshd": "-V"}
_TIMEOUT = 10.0
_EXECUTABLE = 0o111
_ABOUT = """\
import importlib.util, json, os, sys, sysconfig
has = lambda name: importlib.util.find_spec(name) is not None
print(json.dumps({
    "version": ".".join(map(str, sys.version_info[:3])),
    "path": os.path.realpath(sys.executable),
    "venv": has("venv") and has("ensurepip"),
    "platform": sysconfig.get_platform(),
    "tag": sys.implementation.cache_tag,
}))
"""


def tools(ctx: Context, question: Fields) -> object:
    """Give the version text of each program, or null where there is none."""
    return {name: _version(ctx, name) for name in fields.texts(question, "names")}


def python(ctx: Context, question: Fields) -> object:
    """Describe an interpreter by name or path; one that is not there has the version ""."""
    wanted = fields.text(question, "python", "python3")
    found = _found(wanted)
    if found is None:
        return {"version": "", "path": "", "venv": False, "platform": "", "tag": ""}
    if found.resolve() == Path(sys.executable).resolve():
        return _ourselves()
    # Not as root: the inventory may name one that the app's user can write.
    words = [str(found), "-I", "-c", _ABOUT]
    done = ctx.execute(words, user=reader_of(ctx), timeout=_TIMEOUT, quiet=True)
    if not done.ok:
        raise ActionFailed(f"`{found}` {done.problem}", log=done.lines)
    return json.loads(done.stdout)


def _ourselves() -> object:
    # Without importing sysconfig and without a process: this is asked before every deploy.
    version = sys.version_info
    library = Path(sys.base_prefix) / f"lib/python{version[0]}.{version[1]}"
    return {
        "version": ".".join(str(part) for part in version[:3]),
        "path": str(Path(sys.executable).resolve()),
        # Debian ships both modules in python3-venv; without it, `ensurepip` is not there.
        "venv": all((library / name / "__init__.py").exists() for name in ("venv", "ensurepip")),
        "platform": f"linux-{os.uname().machine}",
        "tag": sys.implementation.cache_tag,
    }


def _version(ctx: Context, name: str) -> str | None:
    found = _found(name) if _NAME.fullmatch(name) else None
    if found is None:
        return None
    words = [str(found), _VERSION_WORDS.get(name, "--version")]
    lines = ctx.execute(words, timeout=_TIMEOUT, quiet=True).lines
    return lines[0] if lines else ""


def _found(name: str) -> Path | None:
    if name.startswith("/"):
        return Path(name) if _runs(Path(name)) else None
    if not _NAME.fullmatch(name):
        raise ActionFailed(f"`{name}` is not the name of a program")
    places = (Path(folder) / name for folder in PATH.split(":"))
    return next((place for place in places if _runs(place)), None)


def _runs(path: Path) -> bool:
    return path.is_file() and bool(path.stat().st_mode & _EXECUTABLE)
