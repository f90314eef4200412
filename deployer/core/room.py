"""How much room a deploy needs on each file system of a host, and whether it is there."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import cast

from deployer.core.fact import Fact
from deployer.core.host_facts import Disk, mapping
from deployer.core.release import Layout

MB = 1 << 20
_SPARE = 64 * MB
_FIRST = 192 * MB
"""For the first release, whose size nobody knows yet."""
_FIRST_INODES = 10_000
_FEW_INODES = 1_000
_SPARE_MEMORY = 32 * MB


@dataclass(frozen=True, slots=True)
class Weights:
    """What is on a host now: the live release with its environment, and the last backup.

    `copied_bytes` is that part of the backup which is first copied beside the app. Memory is what
    could be had, what the live release takes, and what one takes that is still warm beside it.
    """

    release_bytes: int = 0
    release_files: int = 0
    backup_bytes: int = 0
    copied_bytes: int = 0
    memory_free: int = 0
    live_memory: int = 0
    idle_memory: int = 0


@dataclass(frozen=True, slots=True)
class Shortage:
    """What a file system lacks; `place` is where it was met first."""

    place: str
    has: int
    needs: int
    of: str

    def __str__(self) -> str:
        if self.of == "inodes":
            return f"`{self.place}` has {self.has} inodes free, a deploy needs {self.needs}"
        has, needs = self.has // MB, -(-self.needs // MB)
        return f"`{self.place}` has {has} MB free, a deploy needs {needs} MB: {self.of}"


def places(layout: Layout) -> tuple[str, str, str]:
    """Give the places where a deploy writes: releases, backups and the journal."""
    return (layout.root, layout.backups, layout.state)


def weights(layout: Layout) -> Fact[Weights]:
    """Ask how big what is there now is."""
    return Fact("weights", "weights", _weights, {"backups": layout.backups})


def shortage(rooms: Mapping[str, Disk], found: Weights, layout: Layout) -> Shortage | None:
    """Give the first lack; places on one file system need the sum of what each needs."""
    release = 2 * found.release_bytes or _FIRST
    files = 2 * found.release_files + _FEW_INODES if found.release_files else _FIRST_INODES
    backup, copied = (size * 13 // 10 for size in (found.backup_bytes, found.copied_bytes))
    reasons = {"twice the live release": found.release_bytes, "1.3 times the last dump": copied}
    needs = {
        layout.root: (release + copied, files, " and ".join(filter(reasons.get, reasons))),
        layout.backups: (backup, _FEW_INODES // 10, "1.3 times the last backup" if backup else ""),
        layout.state: (0, _FEW_INODES // 10, ""),
    }
    for place, room in rooms.items():
        here = [need for other, need in needs.items() if _shares(rooms, place, other)]
        size = _SPARE + sum(need[0] for need in here)
        inodes = sum(need[1] for need in here)
        if room.free < size:
            why = [need[2] for need in here if need[2]]
            return Shortage(place, room.free, size, " and ".join((*why, "64 MB to spare")))
        if room.inodes_total > 0 and room.inodes_free < inodes:
            return Shortage(place, room.inodes_free, inodes, "inodes")
    return None


def memory_shortage(found: Weights) -> tuple[int, int] | None:
    """Give the bytes that are free and needed, if there is no room for a second release.

    It will take about as much as the live one, and one that is still warm is stopped before.
    """
    free, needs = found.memory_free + found.idle_memory, found.live_memory + _SPARE_MEMORY
    is_known = found.memory_free > 0 and found.live_memory > 0
    return (free, needs) if is_known and free < needs else None


def _shares(rooms: Mapping[str, Disk], place: str, other: str) -> bool:
    if place == other:
        return True
    return other in rooms and rooms[place].device == rooms[other].device != 0


def _weights(answer: object) -> Weights:
    data = mapping(answer)
    return Weights(*(cast("int", data.get(one.name, 0)) for one in fields(Weights)))
