"""No migration without a verified backup of the same run: what the agent has to find."""

from deployer.core.actions.backups import RequireBackup
from deployer.core.step import Refuse, Target


def backup_gate(on: Target) -> RequireBackup | Refuse:
    """Give the action that goes before every migration, or why there can be none."""
    database = on.app.database
    if database.without_backup:
        return RequireBackup(on.layout.backups, waived=database.without_backup)
    dump = database.dump(on.layout, on.folder)
    if dump is None:
        return Refuse(
            "the inventory names no database, so a migration would run without a backup",
            "set `app.database`, or `{kind: none, without_backup: <the reason>}`",
        )
    return RequireBackup(on.layout.backups, database=dump)
