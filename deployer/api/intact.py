"""A release that is gone back to must be whole, before the one that serves is left."""

from collections.abc import Mapping

from deployer.api.environment import Environment
from deployer.core.host_facts import damage
from deployer.core.host_state import AppState
from deployer.core.release import ReleaseState
from deployer.engine.session import Session
from deployer.errors import PreflightFailed


def refuse_damaged(
    at: Environment,
    sessions: Mapping[str, Session],
    found: Mapping[str, AppState],
    wanted: str,
) -> None:
    """Ask every host whether a release is whole; raises PreflightFailed, naming another one."""
    others = {host: _older_good(state, wanted) for host, state in found.items()}
    at.on_all(sessions, lambda one: one.ask((damage(wanted, *others[one.host]),)))
    wrong = {
        host: session.facts[damage(wanted, *others[host])] for host, session in sessions.items()
    }
    for host, told in wrong.items():
        if told.get(wanted):
            raise PreflightFailed(
                f"`{host}`: release `{wanted}` is damaged: {told[wanted]}",
                hint=_hint(at, _whole_everywhere(others, wrong)),
            )


def _older_good(state: AppState, wanted: str) -> tuple[str, ...]:
    good = [one.id for one in state.releases if one.state is ReleaseState.GOOD]
    return tuple(sorted((one for one in good if one not in (state.live, wanted)), reverse=True))


def _whole_everywhere(
    others: Mapping[str, tuple[str, ...]], wrong: Mapping[str, Mapping[str, str]]
) -> str:
    """Give the newest other release that is good and whole on every host; "" for none."""
    whole = [{one for one in named if not wrong[host].get(one)} for host, named in others.items()]
    return max(set.intersection(*whole), default="") if whole else ""


def _hint(at: Environment, other: str) -> str:
    env = at.inventory.environment
    if other:
        return f"nothing was changed; `inv rollback --env {env} --to {other}` goes to a whole one"
    return f"nothing was changed, and no other good release is whole: `inv deploy --env {env}`"
