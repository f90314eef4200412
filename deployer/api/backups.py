"""`inv backups`: the backups on each host, with what proves them."""

from datetime import UTC, datetime

from deployer.api.answering import Answer, Asked
from deployer.core.fact import Fact
from deployer.core.host_facts import mapping
from deployer.core.release import Layout
from deployer.engine.session import Session
from deployer.output.tables import Row

COLUMNS = ("host", "name", "release", "created", "size", "verified", "parts")


def backups(asked: Asked) -> Answer:
    """List the folder of backups of this app."""
    layout = Layout(asked.at.inventory.app.name)
    found = asked.gather(lambda session: _list(session, layout))
    rows = [{"host": host, **one} for host, listed in found.items() for one in listed]
    return Answer(rows, COLUMNS)


def _list(session: Session, layout: Layout) -> list[Row]:
    fact = Fact("backups", "backups", _rows, {"folder": layout.backups})
    session.ask((fact,))
    return session.facts[fact]


def _rows(answer: object) -> list[Row]:
    listed = answer if isinstance(answer, list) else []
    return [{**mapping(one), "created": _time(mapping(one).get("created"))} for one in listed]


def _time(seconds: object) -> str:
    if not isinstance(seconds, int | float):
        return ""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}"
