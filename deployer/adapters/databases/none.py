"""No database."""

from typing import Literal

from deployer.core.model import Model


class NoDatabase(Model):
    """Nothing to back up."""

    kind: Literal["none"] = "none"
