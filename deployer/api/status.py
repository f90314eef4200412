"""`inv status`: what serves on each host, and whether somebody has to look at it."""

from collections.abc import Mapping
from dataclasses import dataclass

from deployer.api.answering import Answer, Asked, worst
from deployer.api.hooks import left_out
from deployer.api.processes import in_short, wrong_with
from deployer.api.standing_balancer import BalancerStanding, balancer_row, read_balancer
from deployer.core.host_facts import damage
from deployer.core.host_state import AppState, ColourState, app_state
from deployer.core.release import other
from deployer.core.split import Split, find_split
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


@dataclass(frozen=True, slots=True)
class Standing:
    """How the app stands on a host, and what is wrong with its live release, "" for nothing."""

    state: AppState
    damage: str = ""

    @property
    def problem(self) -> str:
        """Say what is wrong on the host; "" when it serves well or has nothing to serve."""
        return problem(self.state) or (
            f"the live release is damaged: {self.damage}" if self.damage else ""
        )


def status(asked: Asked) -> Answer:
    """Read how the app stands; 7 when a host is not well, 8 when releases differ."""
    env, app = asked.at.inventory.environment, asked.at.inventory.app.name
    names = {host.name for host in asked.at.balancers}
    read = asked.gather(lambda one: _read(app, one, is_balancer=one.host in names))
    found = {host: one for host, one in read.items() if isinstance(one, Standing)}
    balancers = {host: one for host, one in read.items() if isinstance(one, BalancerStanding)}
    split = find_split({host: one.state for host, one in found.items()})
    rows = [
        _row(env, host.name, found[host.name], split)
        if host.name in found
        else _unknown(host.name, asked.errors[host.name])
        for host in asked.at.hosts
    ]
    rows += [
        balancer_row(env, host.name, balancers[host.name])
        if host.name in balancers
        else _unknown(host.name, asked.errors[host.name])
        for host in asked.at.balancers
    ]
    for host, why in left_out(asked.at).read().items():
        asked.at.notice(f"the balancer sends it no requests ({why})", "warning", host)
    sick = (_LOOK_AT_IT for one in balancers.values() if one.problem)
    beside = ("processes",) if any(one.state.processes for one in found.values()) else ()
    columns = (*COLUMNS[:-1], *beside, COLUMNS[-1])
    return Answer(rows, columns, worst((_code(found), *sick)), tells_errors=True)


def _read(app: str, session: Session, *, is_balancer: bool) -> Standing | BalancerStanding:
    return read_balancer(app, session) if is_balancer else _read_standing(session)


def _read_standing(session: Session) -> Standing:
    session.ask((app_state(), damage()))
    state = session.facts[app_state()]
    return Standing(state, session.facts[damage()].get(state.live, ""))


def read_state(session: Session) -> AppState:
    """Ask how the app stands on a host."""
    session.ask((app_state(),))
    return session.facts[app_state()]


def problem(state: AppState) -> str:
    """Say what is wrong on a host, as its links, units and journal tell; "" for nothing."""
    if state.broken:
        return f"ROLLBACK FAILED: {state.broken}"
    if state.open_run and not state.locked_by:
        return f"a run was left open and needs recovery: {state.open_run}"
    unit = state.colours.get(state.live_colour)
    if state.live and (unit is None or not unit.is_active):
        return f"the unit of the live release is {unit.active if unit else 'not there'}"
    if state.live and state.live_release is None:
        return "the folder of the live release is gone: deploy again"
    # While somebody is at work they stop and start.
    return "" if state.locked_by else wrong_with(state.processes, state.live)


def _code(found: Mapping[str, Standing]) -> int:
    wrong = (_LOOK_AT_IT for one in found.values() if one.problem)
    mixed = (_MIXED,) if len({one.state.live for one in found.values()}) > 1 else ()
    return worst((*wrong, *mixed))


def _row(env: str, host: str, standing: Standing, split: Split | None) -> Row:
    state = standing.state
    if not state.set_up:
        return {"host": host, "state": "not set up", "note": "run `inv setup`"}
    unit = state.colours.get(state.live_colour, ColourState("", ""))
    warm = state.colours.get(other(state.live_colour), ColourState("", ""))
    release = state.live_release
    return {
        "host": host,
        "live": state.live,
        "revision": release.revision[:12] if release else "",
        "state": _state(standing),
        "colour": state.live_colour,
        "since": unit.since,
        "unit": unit.active,
        "restarts": unit.restarts,
        "warm": warm.release if warm.is_active and state.live_colour else "",
        "note": _note(env, host, standing, split),
        **({"processes": in_short(state.processes)} if state.processes else {}),
        "locked_by": state.locked_by,
        "hold": state.hold,
        "maintenance": state.maintenance,
        "open_run": state.open_run,
        "broken": str(state.broken or ""),
        "damage": standing.damage,
        "fallback": state.fallback,
        "frozen": [str(one) for one in state.frozen],
    }


def _is_of(host: str, split: Split) -> bool:
    return host in (*split.committed, *split.back)


def _state(standing: Standing) -> str:
    state = standing.state
    if state.broken:
        return "ROLLBACK FAILED"
    if state.live and state.live_release is None:
        return "folder gone"
    if standing.damage:
        return "DAMAGED"
    return state.live_release.state if state.live_release else "nothing deployed"


def _unknown(host: str, error: DeployerError) -> Row:
    return {"host": host, "state": "unknown", "note": error.message, "hint": error.hint}


def _note(env: str, host: str, standing: Standing, split: Split | None) -> str:
    state = standing.state
    parts = (
        standing.problem,
        f"SPLIT: {split}: `inv recover --env {env}`" if split and _is_of(host, split) else "",
        f"the host left a damaged release by itself: {state.fallback}" if state.fallback else "",
        f"at work: {state.locked_by}" if state.locked_by else "",
        f"held {state.hold}" if state.hold else "",
        _maintenance(env, state),
        *(f"frozen: {one}" for one in state.frozen),
    )
    said = "; ".join(part for part in parts if part)
    if not state.broken and not standing.damage:
        return said
    return "\n".join((said, *_what_to_do(env, host, standing)))


def _maintenance(env: str, state: AppState) -> str:
    since = state.maintenance
    off = f"`inv maintenance --off --env {env}`"
    return f"MAINTENANCE since {since}: users are kept out until {off}" if since else ""


def _what_to_do(env: str, host: str, standing: Standing) -> tuple[str, ...]:
    on = f"--env {env} --limit {host}"
    if standing.state.broken:
        return (
            "A person must look at this host. Deploys are refused until it is mended.",
            f"1. `inv health {on}`: is the site up?",
            f"2. `inv logs {on}` and `inv history {on}`: what did the app and the run say?",
            "3. mend what the cause names: a full disk, a missing unit, a database that is down",
            f"4. `inv recover {on}` puts that run back once more,",
            f"   or `inv rollback {on}` goes to the last release that was good",
        )
    return (
        f"1. `inv rollback {on}` goes to the last good release, if that is whole,",
        f"2. or `inv deploy {on}` builds a new one; look for the reason: disk errors, a hand",
    )
