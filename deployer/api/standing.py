"""What stands in the way of a run: a hold, or that its revision was rolled back before."""

from collections.abc import Mapping

from deployer.api.environment import Environment
from deployer.core.host_state import AppState
from deployer.errors import Locked


def refuse_held(at: Environment, found: Mapping[str, AppState]) -> None:
    """Raise Locked when somebody holds the app on a host."""
    for host, state in found.items():
        if state.held:
            env = at.inventory.environment
            raise Locked(
                f"`{host}` is held {state.held}.",
                hint=f"ask them; `inv unhold --env {env} --id {state.held.id}` ends it",
            )


def refuse_frozen(at: Environment, found: Mapping[str, AppState], revision: str) -> None:
    """Raise Locked when a host has put this revision back and nobody has mended it since.

    To bring it to hosts that failed, while others serve it, is to try it again on purpose.
    """
    if at.request.unfreeze or (at.others and at.others.revision == revision):
        return
    for host, state in found.items():
        frozen = state.freeze_of(revision)
        if frozen:
            raise Locked(
                f"`{revision[:12]}` is frozen on `{host}`: {frozen.why}.",
                hint="fix it and deploy a new revision, or add `--unfreeze` to try this one again",
            )


def standing(found: Mapping[str, AppState], revision: str) -> tuple[tuple[str, str], ...]:
    """Say for each host what would make a deploy of this revision be refused."""
    told: list[tuple[str, str]] = []
    for host, state in found.items():
        frozen = state.freeze_of(revision)
        told += [(host, f"held {state.held}")] if state.held else []
        told += [(host, f"frozen: {frozen}")] if frozen else []
    return tuple(told)
