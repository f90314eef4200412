"""`inv health`: ask each host's live release, by itself and as users reach it."""

from deployer.api.answering import Answer, Asked
from deployer.api.environment import Environment
from deployer.api.status import read_state
from deployer.core.fact import Fact
from deployer.core.health import judge
from deployer.core.host_facts import mapping
from deployer.core.host_state import AppState
from deployer.core.order import parameters
from deployer.engine.session import Session
from deployer.output.tables import Row

COLUMNS = ("host", "release", "asked", "healthy", "cause")
_NOT_HEALTHY = 7

Verdict = tuple[bool, str]


def health(asked: Asked) -> Answer:
    """Do one round of the health check on every host; 7 when one is not healthy."""
    found = asked.gather(lambda session: _rows(asked.at, session))
    rows = [row for answers in found.values() for row in answers]
    return Answer(rows, COLUMNS, 0 if all(row["healthy"] for row in rows) else _NOT_HEALTHY)


def _rows(at: Environment, session: Session) -> list[Row]:
    state = read_state(session)
    if not state.live:
        return [{"host": session.host, "healthy": False, "cause": "nothing is live"}]
    ways = {"its own socket": False, **({"the web server": True} if _has_front(at) else {})}
    facts = {way: _check(at, state, through_front=front) for way, front in ways.items()}
    session.ask(facts.values(), strict=False)
    rows: list[Row] = []
    for way, fact in facts.items():
        healthy, cause = session.facts[fact]
        rows.append(
            {
                "host": session.host,
                "release": state.live,
                "asked": way,
                "healthy": healthy,
                "cause": at.redact(cause),
            }
        )
    return rows


def _has_front(at: Environment) -> bool:
    return bool(at.inventory.app.web_server.front)


def _check(at: Environment, state: AppState, *, through_front: bool) -> Fact[Verdict]:
    check = judge(
        at.inventory.app, state.live, state.live_colour, settle=0.0, through_front=through_front
    )
    key = "health:front" if through_front else "health:socket"
    return Fact(key, "health", _verdict, parameters(check))


def _verdict(answer: object) -> Verdict:
    data = mapping(answer)
    return data.get("healthy") is True, str(data.get("cause") or data.get("error") or "")
