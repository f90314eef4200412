"""No database."""

from typing import Literal

from deployer.core.model import Model
from deployer.core.release import Layout


class NoDatabase(Model):
    """Nothing to back up."""

    kind: Literal["none"] = "none"

    @property
    def backup(self) -> Literal["always", "before-migrate", "never"]:
        return "never"

    def dump(self, layout: Layout, folder: str) -> None:
        return None

    @property
    def is_local(self) -> bool:
        return False
