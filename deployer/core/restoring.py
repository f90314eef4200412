"""What somebody wants to have restored, and how that is named for one host."""

from dataclasses import dataclass, replace

from deployer.core.actions.backups import DumpMysql, DumpPostgres, DumpSqlite
from deployer.core.actions.restoring import Restoration
from deployer.core.host_state import AppState
from deployer.core.release import COLOURS
from deployer.core.step import Target


@dataclass(frozen=True, slots=True)
class Choice:
    """A backup by its name ("" for the newest), and which of its parts."""

    backup: str
    database: bool = False
    shared: bool = False


def restoration(on: Target, state: AppState, choice: Choice) -> Restoration:
    """Say what is restored into what on a host; the database is the live release's."""
    what = Restoration(on.layout.backups, on.app.name, choice.backup)
    dump = on.app.database.dump(on.layout, on.layout.release(state.live))
    if choice.database and dump:
        what = replace(what, dumps=(dump,))
    if choice.shared:
        what = replace(what, shared=on.layout.shared)
    match dump:
        case DumpSqlite(path):
            return replace(what, database_file=path)
        case DumpPostgres() | DumpMysql() | None:
            return what


def units(on: Target) -> tuple[str, ...]:
    """Name every unit of the app that may run."""
    return tuple(on.layout.unit(colour) for colour in COLOURS)
