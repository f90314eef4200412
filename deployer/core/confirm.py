"""How a release is confirmed, as the inventory says it."""

from typing import Literal, Self

from pydantic import Field, model_validator

from deployer.core.model import Model, refused_at
from deployer.core.quantities import Duration

Way = Literal["auto", "direct", "ssh", "off"]
_SHORTEST, _LONGEST = 2.0, 1800.0


class Confirm(Model):
    """A new release stays only if it is confirmed over a connection made after it went live."""

    deadline: Duration = Field(
        default=60.0,
        description="How long a host waits for its confirm before it goes back by itself.",
    )
    outside: Way = Field(
        default="auto",
        description="How it is looked at first: `direct`, this machine asks the web server; `ssh`, "
        "only over the new connection; `auto`, directly where that worked before; `off`, not.",
    )

    @model_validator(mode="after")
    def _in_bounds(self) -> Self:
        if not _SHORTEST <= self.deadline <= _LONGEST:
            raise refused_at("Confirm", (("deadline",), "allowed: from 2s to 30m"))
        return self
