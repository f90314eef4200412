"""What on the host is not ours and could be in the way: sites, units, listeners."""

from __future__ import annotations

import re
from pathlib import Path

from deployer.agent.context import Context, Fields
from deployer.agent.system.nginx_words import server_names
from deployer.agent.text import fields

MARK = "written by deployer"
_TOP = 400
_LISTEN = "0A"
_SITES = ("/etc/nginx/sites-enabled", "/etc/nginx/conf.d")
_UNITS = "/etc/systemd/system"


def foreign(ctx: Context, question: Fields) -> object:
    """Give other sites with our server names, other units of our names, and taken ports."""
    names = frozenset(fields.texts(question, "server_names"))
    ours = {ctx.path(path) for path in fields.texts(question, "sites")}
    ports = question.get("ports")
    wanted = {port for port in ports if isinstance(port, int)} if isinstance(ports, list) else set()
    return {
        "sites": _sites(ctx, names, ours),
        "units": [unit for unit in fields.texts(question, "units") if _is_foreign(ctx, unit)],
        "listening": sorted(_listening(ctx) & wanted),
    }


def _sites(ctx: Context, names: frozenset[str], ours: set[Path]) -> list[object]:
    found: list[object] = []
    for folder in _SITES:
        for site in sorted(ctx.path(folder).glob("*")):
            text = _text(site)
            if site in ours or site.resolve() in ours or MARK in text[:_TOP]:
                continue
            shared = sorted(server_names(text) & names)
            place = f"{folder}/{site.name}"
            found.extend({"file": place, "server_name": name} for name in shared)
    return found


def _is_foreign(ctx: Context, unit: str) -> bool:
    if not re.fullmatch(r"[\w@.:-]+", unit):
        return False
    path = ctx.path(f"{_UNITS}/{unit}")
    return path.exists() and MARK not in _text(path)[:_TOP]


def _listening(ctx: Context) -> set[int]:
    found: set[int] = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in _text(ctx.path(table)).splitlines()[1:]:
            _, local, _, state = line.split()[:4]
            if state == _LISTEN:
                found.add(int(local.rpartition(":")[2], 16))
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
