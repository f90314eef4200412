"""Backups spoiled in the ways in which disks, copies and hands spoil them."""

import random
from collections.abc import Callable
from pathlib import Path

from deployer.agent.backups.backup_record import opened, sealed

KINDS = ("flip", "cut", "empty", "gone", "longer", "swapped", "no record", "version", "stranger")


def bent(raw: bytes, chance: random.Random) -> bytes:
    """Turn one bit."""
    changed = bytearray(raw)
    changed[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
    return bytes(changed)


CONTENT: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "flip": bent,
    "cut": lambda raw, chance: raw[: chance.randrange(len(raw))],
    "empty": lambda _raw, _chance: b"",
    "longer": lambda raw, _chance: raw + b"\0",
}


def spoil(folder: Path, kind: str, chance: random.Random) -> str:
    """Spoil a file of a backup, which `chance` picks, in one of the `KINDS`; gives its name."""
    one = chance.choice(sorted(folder.iterdir()))
    raw = one.read_bytes()
    if kind in CONTENT:
        one.write_bytes(CONTENT[kind](raw, chance))
        return one.name
    match kind:
        case "gone":
            one.unlink()
        case "swapped":
            other = chance.choice([two for two in sorted(folder.iterdir()) if two != one])
            one.write_bytes(other.read_bytes())
            other.write_bytes(raw)
        case "no record":
            (folder / "backup.json").unlink()
        case "version":
            record = {**opened(folder), "schema": chance.choice([0, 3, "2"])}
            (folder / "backup.json").write_bytes(sealed(record))
        case _:
            (folder / "more.tar.gz").write_bytes(raw)
    return one.name
