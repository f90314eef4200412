"""`inv status`: what serves on each host, and whether somebody has to look at it."""

from collections.abc import Iterable

from deployer.api.answering import Answer, Asked, worst
from deployer.core.host_state import AppState, ColourState, app_state
from deployer.core.release import other
from deployer.engine.session import Session
from deployer.errors import DeployerError
from deployer.output.tables import Row

COLUMNS = (
    "host",
    "live",
    "revision",
    "state",
    "colour",
    "since",
    "unit",
    "restarts",
    "warm",
    "note",
)
_LOOK_AT_IT = 7
_MIXED = 8


def status(asked: Asked) -> Answer:
    """Read how the app stands; 7 when a host is not well, 8 when releases differ."""
    found = asked.gather(read_state)
    rows = [
        _row(host.name, found[host.name])
        if host.name in found
        else _unknown(host.name, asked.errors[host.name])
        for host in asked.at.hosts
    ]
    return Answer(rows, COLUMNS, _code(found.values()), tells_errors=True)


def read_state(session: Session) -> AppState:
    """Ask how the app stands on a host."""
    session.ask((app_state(),))
    return session.facts[app_state()]


def problem(state: AppState) -> str:
    """Say what is wrong on a host; "" when it serves well or has nothing to serve."""
    if state.open_run and not state.locked_by:
        return f"a run was left open and needs recovery: {state.open_run}"
    unit = state.colours.get(state.live_colour)
    if state.live and (unit is None or not unit.is_active):
        return f"the unit of the live release is {unit.active if unit else 'not there'}"
    if state.live and state.live_release is None:
        return "the folder of the live release is gone: deploy again"
    return ""


def _code(states: Iterable[AppState]) -> int:
    known = tuple(states)
    wrong = (_LOOK_AT_IT for state in known if problem(state))
    mixed = (_MIXED,) if len({state.live for state in known}) > 1 else ()
    return worst((*wrong, *mixed))


def _row(host: str, state: AppState) -> Row:
    if not state.set_up:
        return {"host": host, "state": "not set up", "note": "run `inv setup`"}
    release = state.live_release
    unit = state.colours.get(state.live_colour, ColourState("", ""))
    warm = state.colours.get(other(state.live_colour), ColourState("", ""))
    return {
        "host": host,
        "live": state.live,
        "revision": release.revision[:12] if release else "",
        "state": release.state if release else "folder gone" if state.live else "nothing deployed",
        "colour": state.live_colour,
        "since": unit.since,
        "unit": unit.active,
        "restarts": unit.restarts,
        "warm": warm.release if warm.is_active and state.live_colour else "",
        "note": _note(state),
        "locked_by": state.locked_by,
        "hold": state.hold,
        "open_run": state.open_run,
    }


def _unknown(host: str, error: DeployerError) -> Row:
    return {"host": host, "state": "unknown", "note": error.message, "hint": error.hint}


def _note(state: AppState) -> str:
    parts = (
        problem(state),
        f"at work: {state.locked_by}" if state.locked_by else "",
        f"held: {state.hold}" if state.hold else "",
    )
    return "; ".join(part for part in parts if part)
