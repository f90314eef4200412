"""The agent's own files: summed, and compared with the digest that their folder is named by."""

from __future__ import annotations

import hashlib
import os

DIGITS = 12
FOLDER = "agent-"
_PACKAGE = __file__.rsplit("/", 2)[0]


def installed() -> str:
    """Give the digest in the name of our folder, "" where the agent is not installed."""
    name = _PACKAGE.rsplit("/", 3)[-3]
    return name[len(FOLDER) :] if name.startswith(FOLDER) else ""


def summed(package: str = _PACKAGE) -> str:
    """Give the digest of the files as they are."""
    whole = hashlib.sha256()
    for name in sorted(_python_files(package, "")):
        with open(f"{package}/{name}", "rb") as file:  # noqa: PTH123  pathlib is slow to load
            whole.update(name.encode() + b"\0" + file.read() + b"\0")
    return whole.hexdigest()[:DIGITS]


def damage() -> str:
    """Say what is wrong with an installed agent, "" if nothing.

    It finds what a disk, a careless hand or a torn copy did; whoever is root can hide from it.
    """
    wanted = installed()
    if not wanted:
        return ""
    try:
        found = summed()
    except OSError as error:
        found = str(error.strerror)
    return "" if found == wanted else f"the files of the agent are not those of `{wanted}`: {found}"


def _python_files(folder: str, prefix: str) -> list[str]:
    found: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                if entry.name != "__pycache__":
                    found += _python_files(entry.path, f"{prefix}{entry.name}/")
            elif entry.name.endswith(".py"):
                found.append(prefix + entry.name)
    return found
