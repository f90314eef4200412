"""`inv releases`: the releases on each host, the newest first, and what became of them."""

from deployer.api.answering import Answer, Asked
from deployer.api.status import read_state
from deployer.core.host_state import AppState, ReleaseRecord
from deployer.output.tables import Row

COLUMNS = ("host", "release", "live", "state", "created", "actor", "migrations", "note")


def releases(asked: Asked) -> Answer:
    """Read what `release.json` of every release says."""
    found = asked.gather(read_state)
    rows = [
        _row(host, state, record)
        for host, state in found.items()
        for record in sorted(state.releases, key=lambda one: one.number, reverse=True)
    ]
    # A column that says nothing costs width that a terminal has not.
    columns = COLUMNS if any(row["note"] for row in rows) else COLUMNS[:-1]
    return Answer(rows, columns)


def _row(host: str, state: AppState, record: ReleaseRecord) -> Row:
    return {
        "host": host,
        "release": record.id,
        "live": "live" if record.id == state.live else "",
        "state": record.state,
        "created": record.created,
        "actor": record.actor,
        "migrations": record.migrations,
        "note": record.note,
        "revision": record.revision,
        "number": record.number,
    }
