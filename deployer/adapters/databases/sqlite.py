"""SQLite."""

from typing import Literal

from pydantic import Field

from deployer.core.actions.backups import DumpSqlite
from deployer.core.backup_choice import BackupChoice
from deployer.core.release import Layout
from deployer.core.values import RelativePath


class Sqlite(BackupChoice):
    """A SQLite file in the app's shared folder."""

    kind: Literal["sqlite"] = "sqlite"
    path: RelativePath = Field(description="The file in the shared folder, such as `db.sqlite3`.")

    def dump(self, layout: Layout, folder: str) -> DumpSqlite:
        return DumpSqlite(f"{layout.shared}/{self.path}")

    @property
    def is_local(self) -> bool:
        return True
