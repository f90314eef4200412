"""Back up the database right before it is migrated, when that is when it is due."""

from deployer.core.actions.backups import Backup as WriteBackup
from deployer.core.app_process import app_python
from deployer.core.fact import Fact, Facts
from deployer.core.host_state import app_state
from deployer.core.migrations import pending_migrations
from deployer.core.step import Phase, Scope, Skip, Target, Work


class BackupDatabase:
    """Dump the database before a migration, verified by reading it back.

    With `backup: always` the live release's database was dumped already; only a host can tell
    whether the new release's URL, which may be secret, means the same one.
    """

    name = "backup_database"
    phase = Phase.PUBLISH
    scope = Scope.ONCE

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        return (app_state(), pending_migrations())

    def do(self, on: Target, facts: Facts) -> Work:
        dump = on.app.database.dump(on.layout, on.folder)
        if dump is None:
            return Skip("there is no database to back up")
        state = facts[app_state()]
        if on.app.database.backup == "never":
            return Skip(f"switched off in the inventory: {on.app.database.without_backup}")
        pending = facts[pending_migrations()]
        if on.app.framework.migrate(app_python(on)) is None:
            return Skip("this app has no migrations")
        if pending.known and not pending.names:
            return Skip("no migration is pending")
        return (
            WriteBackup(
                folder=on.layout.backups,
                app=on.app.name,
                release=state.live,
                release_folder="",
                dumps=(dump,),
                unless_made=on.app.database.backup == "always" and bool(state.live),
            ),
        )

    def undo(self, on: Target, facts: Facts) -> tuple[()]:
        return ()
