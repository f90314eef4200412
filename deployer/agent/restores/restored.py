"""What every way of restoring must be able to do, and how its result is compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from deployer.agent.backups.dumped import complaint, counts, texts
from deployer.agent.context import ActionFailed
from deployer.agent.system.programs import Completed

_LOG_LINES = 30


@dataclass(frozen=True)
class Found:
    """What is in a restored database: rows by table, and the applied migrations."""

    tables: Mapping[str, int]
    migrations: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kept:
    """Where the old one is now ("" for none), and the words that remove it."""

    name: str
    removal: str = ""


class Restorer(Protocol):
    """One kind of database, and one backup of it."""

    def check(self) -> str:
        """Find out whether tools, rights and room suffice; says what was found."""
        ...

    def beside(self) -> Found:
        """Restore beside the live one, anew."""
        ...

    def drop_beside(self) -> bool:
        """Remove what was restored beside, if it is there."""
        ...

    def swap(self) -> Kept:
        """Put the restored one in the live one's place."""
        ...

    def swap_back(self) -> Kept:
        """Put the old one back, if it was swapped; says where the restored one is."""
        ...

    def rehearse(self) -> Found:
        """Restore into a scratch place and remove it, with those that a killed one left."""
        ...


def compare(found: Found, database: Mapping[str, object]) -> str:
    """Compare with the record of the backup; says what is equal, raises ActionFailed."""
    wanted = counts(database.get("tables"))
    for table, rows in wanted.items():
        if found.tables.get(table) != rows:
            got = found.tables.get(table, "no")
            cause = f"`{table}` has {got} rows after the restore, the backup's record says {rows}"
            raise ActionFailed(cause, "Nothing live was touched. Try an older backup.")
    applied = texts(database.get("migrations"))
    if sorted(applied) != sorted(found.migrations):
        differ = sorted(set(applied) ^ set(found.migrations))
        cause = f"the migrations differ from the backup's record: {', '.join(differ[:3])}"
        raise ActionFailed(cause, "Nothing live was touched. Try an older backup.")
    rows = sum(wanted.values())
    return f"{rows} rows in {len(wanted)} tables and {len(applied)} migrations, as recorded"


def need(made: Completed, what: str, hint: str = "") -> None:
    """Raise ActionFailed with the last line of a program that did not end well."""
    if made.ok:
        return
    raise ActionFailed(f"{what}: {complaint(made)}", hint, made.lines[-_LOG_LINES:])
