"""Apps run as systemd units."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from deployer.core.model import Model, refuse_twins
from deployer.core.quantities import Duration, MemorySize, Pause

Protection = Literal[
    "MemoryDenyWriteExecute",
    "SystemCallFilter",
    "RestrictAddressFamilies",
    "RestrictNamespaces",
    "RestrictRealtime",
    "LockPersonality",
    "PrivateDevices",
    "PrivateTmp",
    "PrivateUsers",
    "ProtectHome",
    "ProtectProc",
    "ProcSubset",
]
"""A protection of the unit (systemd.exec(5)) that some apps cannot live with."""


class Systemd(Model):
    """A unit template with the instances blue and green."""

    kind: Literal["systemd"] = "systemd"
    restart: Literal["blue-green", "socket", "plain"] = Field(
        default="blue-green",
        description="How releases change. `blue-green`: the new one is proven beside the old one. "
        "`socket`: the old one stops first, and users wait until the new one is up. `plain`: the "
        "old one stops first, and users get errors meanwhile.",
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
    loosen: tuple[Protection, ...] = Field(
        default=(),
        description="Protections of the unit to leave out, such as `MemoryDenyWriteExecute` for "
        "code that is compiled while it runs.",
    )

    @property
    def beside(self) -> bool:
        """Whether the new release starts beside the old one, so that both are in memory."""
        return self.restart == "blue-green"

    @property
    def keeps_sockets(self) -> bool:
        """Whether systemd keeps the sockets open while no release runs."""
        return self.restart == "socket"

    @model_validator(mode="after")
    def _no_twins(self) -> Self:
        refuse_twins("Systemd", loosen=self.loosen)
        return self
