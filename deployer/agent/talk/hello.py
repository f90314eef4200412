"""The first line of a conversation: which agent this is, on which host, and what time it has.

It is said before most of the agent is loaded, so it loads little itself: no pathlib, for one.
"""

from __future__ import annotations

import os
import sys
import time

from deployer.agent.talk import own_files

PROTOCOL = 1


def hello() -> dict[str, dict[str, object]]:
    """Give the line."""
    return {
        "hello": {
            "agent": digest(),
            "protocol": PROTOCOL,
            "hostname": os.uname().nodename,
            "machine_id": _line_of("/etc/machine-id"),
            "boot_id": boot_id(),
            "now": time.time(),
            "python": list(sys.version_info[:3]),
        }
    }


def digest() -> str:
    """Name this version of the agent: its folder does, where it is installed."""
    return own_files.installed() or own_files.summed()


def boot_id() -> str:
    """Name this boot of the host; "" where the kernel does not say."""
    return _line_of("/proc/sys/kernel/random/boot_id")


def _line_of(path: str) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        return os.read(descriptor, 256).decode().strip()
    finally:
        os.close(descriptor)
