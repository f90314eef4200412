"""The first line of a conversation: which agent this is, on which host, and what time it has."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from pathlib import Path

from deployer.agent.journal import boot_id

PROTOCOL = 1
_DIGITS = 12
_FOLDER = "agent-"


def hello() -> dict[str, object]:
    """Give the line."""
    return {
        "hello": {
            "agent": digest(),
            "protocol": PROTOCOL,
            "hostname": os.uname().nodename,
            "machine_id": _machine_id(),
            "boot_id": boot_id(),
            "now": time.time(),
            "python": list(sys.version_info[:3]),
        }
    }


def digest() -> str:
    """Name this version of the agent: its folder does, where it is installed."""
    package = Path(__file__).resolve().parent
    installed = package.parent.parent.name
    if installed.startswith(_FOLDER):
        return installed[len(_FOLDER) :]
    summed = hashlib.sha256()
    for file in sorted(package.rglob("*.py"), key=lambda one: str(one.relative_to(package))):
        summed.update(str(file.relative_to(package)).encode() + b"\0" + file.read_bytes() + b"\0")
    return summed.hexdigest()[:_DIGITS]


def _machine_id() -> str:
    try:
        return Path("/etc/machine-id").read_text().strip()
    except OSError:
        return ""
