"""Numbers of an app that only grow: the fence of runs and the counter of releases."""

from __future__ import annotations

from pathlib import Path

from deployer.agent.disk.files import write_atomic

FENCE = "fence"
RELEASES = "counter"


def number(folder: Path, name: str) -> int:
    """Give the number that was used last; 0 before the first."""
    try:
        text = (folder / name).read_text().strip()
    except FileNotFoundError:
        return 0
    return int(text) if text.isdigit() else 0


def raise_to(folder: Path, name: str, value: int) -> None:
    """Make sure that a number counts as used, on disk, before it is used."""
    if number(folder, name) < value:
        write_atomic(folder / name, b"%d\n" % value, 0o600)
