"""No database."""

from typing import Literal

from pydantic import Field

from deployer.core.backup_choice import WITHOUT, Reason
from deployer.core.model import Model
from deployer.core.release import Layout


class NoDatabase(Model):
    """Nothing to back up; a migration then needs a reason."""

    kind: Literal["none"] = "none"
    without_backup: Reason = Field(default="", description=WITHOUT)

    @property
    def backup(self) -> Literal["always", "before-migrate", "never"]:
        return "never"

    def dump(self, layout: Layout, folder: str) -> None:
        return None

    @property
    def is_local(self) -> bool:
        return False
