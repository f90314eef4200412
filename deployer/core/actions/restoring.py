"""A backup brought back: beside what is live, compared, swapped."""

from dataclasses import dataclass

from deployer.core.actions.backups import Dump


@dataclass(frozen=True, slots=True)
class Restoration:
    """What is restored on a host: a backup of the app, and which of its parts into what.

    `backup` is its name, "" for the newest one. `dumps` is the database (none or one), named as it
    is dumped; `shared` is the folder of shared files, "" to leave them. `database_file` is the
    database that lies in that folder, and goes along when it is swapped.
    """

    folder: str
    app: str
    backup: str
    dumps: tuple[Dump, ...] = ()
    shared: str = ""
    database_file: str = ""


@dataclass(frozen=True, slots=True)
class CheckBackup:
    """Read a backup whole again, and find out whether it can be restored here; changes nothing."""

    what: Restoration


@dataclass(frozen=True, slots=True)
class RestoreBeside:
    """Restore beside what is live, under another name, and compare with the backup's record."""

    what: Restoration


@dataclass(frozen=True, slots=True)
class DropBeside:
    """Undo of `RestoreBeside`: remove what was restored and never went live."""

    what: Restoration


@dataclass(frozen=True, slots=True)
class SwapRestored:
    """Put what was restored in the place of what is live, by rename; the old one is kept."""

    what: Restoration


@dataclass(frozen=True, slots=True)
class SwapBack:
    """Undo of `SwapRestored`: the old one is live again; the other one is kept too."""

    what: Restoration


@dataclass(frozen=True, slots=True)
class RehearseRestore:
    """Restore into a scratch place, compare with the backup's record, remove it, write it down."""

    what: Restoration


Restoring = CheckBackup | RestoreBeside | DropBeside | SwapRestored | SwapBack | RehearseRestore
