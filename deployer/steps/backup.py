"""Back up what is live: code, config and database, verified by reading it back."""

from dataclasses import replace

from deployer.core.actions.backups import Backup as WriteBackup
from deployer.core.actions.backups import DumpSqlite, SharedFiles
from deployer.core.fact import Fact, Facts
from deployer.core.host_state import AppState, app_state
from deployer.core.step import Phase, Scope, Skip, Target, Work


class Backup:
    """Write a verified backup of the live release, and of the database when it is due."""

    name = "backup"
    phase = Phase.PREPARE
    scope = Scope.EACH

    def __init__(self, *, by_hand: bool = False, with_shared: bool = False) -> None:
        self._by_hand = by_hand
        self._with_shared = with_shared

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        return (app_state(),)

    def do(self, on: Target, facts: Facts) -> Work:
        state = facts[app_state()]
        if not state.live:
            return Skip("first deploy: nothing is live yet")
        due = self._by_hand or on.app.database.backup == "always"
        made = _backup(on, state, database=due)
        if self._with_shared and on.leader:  # all of it, whatever the inventory says
            made = replace(made, shared=_packed(on, ("",)))
        return (made,)

    def undo(self, on: Target, facts: Facts) -> tuple[()]:
        return ()


def _backup(on: Target, state: AppState, *, database: bool) -> WriteBackup:
    """Say what goes into a backup of the live release on this host."""
    live = on.layout.release(state.live) if state.live else ""
    dump = on.app.database.dump(on.layout, live) if on.leader else None
    return WriteBackup(
        folder=on.layout.backups,
        app=on.app.name,
        release=state.live,
        release_folder=live,
        config=tuple(file.path for file in on.live_files),
        dumps=(dump,) if dump and database else (),
        shared=_shared(on),
    )


def _shared(on: Target) -> SharedFiles | None:
    """Say which shared files go in; an SQLite file among them is dumped, never packed."""
    wanted = on.inventory.backup.shared
    if not wanted:
        return None
    return _packed(on, wanted)


def _packed(on: Target, paths: tuple[str, ...]) -> SharedFiles:
    database = on.app.database.dump(on.layout, "")
    live = database.path if isinstance(database, DumpSqlite) else ""
    inside = live.removeprefix(f"{on.layout.shared}/")
    without = tuple(f"{inside}{end}" for end in ("", "-wal", "-shm", "-journal")) if live else ()
    return SharedFiles(on.layout.shared, paths, without)
