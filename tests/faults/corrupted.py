"""Feeds corrupted backups to `inv backups --verify`, which has to find every one of them."""

import random
import shutil
from dataclasses import dataclass

from tests.faults.lane import Lane
from tests.spoiled import KINDS, spoil

FOUND = 3


@dataclass(frozen=True, slots=True)
class Fed:
    """How many were fed, and which of them nobody noticed."""

    count: int
    missed: tuple[str, ...]

    def row(self) -> dict[str, object]:
        """Give it as one line of the results."""
        return {"corrupted": self.count, "missed": list(self.missed)}


def feed(lane: Lane, count: int, seed: int) -> Fed:
    """Spoil the newest backup of a host again and again; each time the command has to say so."""
    chance = random.Random(f"{lane.host.name} {seed}")
    newest = lane.newest_backup()
    for older in newest.parent.iterdir():
        if older != newest:
            shutil.rmtree(older)  # each command reads all that are there
    whole = shutil.copytree(newest, lane.folder / "whole")
    missed = [] if _exit(lane) == 0 else ["a whole backup is called damaged"]
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        name = spoil(newest, kind, chance)
        if _exit(lane) != FOUND:
            missed.append(f"{kind} of {name}")
        shutil.rmtree(newest)
        shutil.copytree(whole, newest)
    return Fed(count, tuple(missed))


def _exit(lane: Lane) -> int:
    return lane.start("backups", "--verify").wait()
