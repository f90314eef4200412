"""Apps run as systemd units."""

from typing import Annotated, Literal

from pydantic import Field

from deployer.core.model import Model
from deployer.core.quantities import Duration, MemorySize, Pause


class Systemd(Model):
    """A unit template with the instances blue and green."""

    kind: Literal["systemd"] = "systemd"
    restart: Literal["blue-green"] = Field(
        default="blue-green",
        description="How releases change: the new one is proven beside the old one.",
    )
    memory_max: MemorySize | None = Field(
        default=None, description="The most memory of one instance, such as `512M`."
    )
    tasks_max: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        default=None, description="The most processes and threads of one instance."
    )
    start_timeout: Duration = Field(default=60.0, description="How long a start may take.")
    drain: Pause = Field(
        default=3.0, description="How long the old instance ends requests after the switch."
    )
    keep_warm: Pause = Field(
        default=120.0, description="How long the old instance stays ready for a rollback."
    )
