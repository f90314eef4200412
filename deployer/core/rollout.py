"""How a release goes about the hosts: in which batches, how patiently, and who goes back."""

import re
from typing import Annotated, Literal

from pydantic import Field, ValidatorFunctionWrapHandler, WrapValidator

from deployer.core.model import Model, refused
from deployer.core.quantities import Pause

OnFailure = Literal["fleet", "batch", "host"]
_SHARE = r"(?:100|[1-9][0-9]?)%"
_MOST_HOSTS = 1000
_LONGEST = 3600.0


def _batch(value: object, _: ValidatorFunctionWrapHandler) -> int | str:
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _MOST_HOSTS:
        return value
    if isinstance(value, str) and re.fullmatch(_SHARE, value):
        return value
    raise refused("allowed: a number of hosts from 1, or a share from `1%` to `100%`")


def _at_most_an_hour(value: object, read: ValidatorFunctionWrapHandler) -> float:
    seconds: float = read(value)
    if seconds > _LONGEST:
        raise refused("allowed: 0 to 1h; all hosts are locked for that time")
    return seconds


Batch = Annotated[
    Annotated[int, Field(ge=1, le=_MOST_HOSTS)] | Annotated[str, Field(pattern=f"^{_SHARE}$")],
    WrapValidator(_batch),
]
"""A number of hosts, or a share of them."""

Between = Annotated[Pause, WrapValidator(_at_most_an_hour)]
"""Seconds between two batches."""


class Rollout(Model):
    """How a release goes about the hosts, in the order of the inventory."""

    batches: Annotated[tuple[Batch, ...], Field(min_length=1, max_length=100)] = Field(
        default=("100%",),
        description="Sizes of the batches, in hosts or percent; what is left repeats the last. "
        'With a balancer the default is `[1, "25%"]`.',
    )
    settle: Between = Field(
        default=0.0,
        description="How long all hosts that have switched must stay healthy, and their processes "
        "alive, before the next batch begins.",
    )
    pause: Between = Field(
        default=0.0, description="How long to wait after that; Ctrl-C takes all hosts back."
    )
    max_failed: Annotated[int, Field(ge=0, lt=_MOST_HOSTS)] = Field(
        default=0,
        description="How many hosts may fail, and go back alone, while the rollout goes on.",
    )
    on_failure: OnFailure = Field(
        default="fleet",
        description="Who goes back when more fail: the whole `fleet`, the `batch` of the host "
        "that failed, or that `host` alone. Hosts that had not switched yet keep their release.",
    )
