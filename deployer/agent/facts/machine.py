"""What the host is, and how much room it has."""

from __future__ import annotations

import os
import time
from pathlib import Path

from deployer.agent.context import Context, Fields
from deployer.agent.text import fields


def host(ctx: Context, _question: Fields) -> object:
    """Give processors, memory (bytes), the time and the system."""
    memory = _memory(ctx.path("/proc/meminfo"))
    return {
        "cpus": len(os.sched_getaffinity(0)),
        "memory_total": memory.get("MemTotal", 0),
        "memory_available": memory.get("MemAvailable", 0),
        "now": time.time(),
        "systemd": ctx.path("/run/systemd/system").is_dir(),
        "os": _system(ctx.path("/etc/os-release")),
    }


def disk(ctx: Context, question: Fields) -> object:
    """Give bytes, inodes and device for each path; for one not there yet, of its parent."""
    return {path: _room(ctx.path(path)) for path in fields.texts(question, "paths")}


def _room(path: Path) -> dict[str, int]:
    while not path.exists():
        path = path.parent
    found = os.statvfs(path)
    return {
        "free": found.f_bavail * found.f_frsize,
        "total": found.f_blocks * found.f_frsize,
        "inodes_free": found.f_favail,
        "inodes_total": found.f_files,
        "device": path.stat().st_dev,
    }


def _memory(path: Path) -> dict[str, int]:
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return {}
    pairs = (line.split(":", 1) for line in lines if ":" in line)
    return {name: int(rest.split()[0]) * 1024 for name, rest in pairs if rest.split()}


def _system(path: Path) -> str:
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return ""
    named = (line.split("=", 1)[1] for line in lines if line.startswith("PRETTY_NAME="))
    return next(named, "").strip('"')
