"""`inv history`: what was done on each host, as its journal has it."""

from deployer.api.answering import Answer, Asked, Question
from deployer.api.numbers import whole_number
from deployer.api.request import HistoryRequest
from deployer.core.fact import Fact
from deployer.core.host_facts import mapping
from deployer.engine.session import Session
from deployer.output.tables import Row

COLUMNS = (
    "host",
    "started",
    "command",
    "release",
    "outcome",
    "seconds",
    "actor",
    "cause",
)
_USUAL = 20
_MOST = 1000


def history(request: HistoryRequest) -> Question:
    """Ask for the last runs, open ones too; raises UsageError before any host is asked."""
    last = whole_number(request.last, "--last", usual=_USUAL, most=_MOST)

    def ask(asked: Asked) -> Answer:
        found = asked.gather(lambda session: _runs(session, last))
        rows = [{"host": host, **run} for host, runs in found.items() for run in runs]
        # A column that says nothing costs width that a terminal has not.
        columns = (*COLUMNS, "schema") if any(row.get("schema") for row in rows) else COLUMNS
        return Answer(rows, columns)

    return ask


def _runs(session: Session, last: int) -> list[Row]:
    fact = Fact("journal", "journal", _rows, {"limit": last})
    session.ask((fact,))
    return session.facts[fact][-last:]


def _rows(answer: object) -> list[Row]:
    runs = answer if isinstance(answer, list) else []
    return [_named(mapping(run)) for run in runs]


def _named(run: Row) -> Row:
    outcome = run.get("outcome")
    return {**run, "outcome": outcome.replace("_", "-")} if isinstance(outcome, str) else run
