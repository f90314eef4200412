"""A fleet that a run has split is made whole before anything else is done with it."""

from collections.abc import Mapping

from deployer.api.environment import Environment
from deployer.core.host_state import AppState
from deployer.core.split import find_split
from deployer.errors import FleetSplit


def refuse_split(at: Environment, found: Mapping[str, AppState]) -> None:
    """Let nothing begin while a run has ended differently on hosts; raises FleetSplit."""
    split = find_split(found)
    if split is not None:
        raise FleetSplit(
            f"The fleet is split: {split}.",
            hint=f"`inv recover --env {at.inventory.environment}` finishes it; with `--undo` it "
            "takes the others back",
        )
