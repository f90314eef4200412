"""`inv backups`: the backups on each host, what proves them, and whether they are young enough."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from deployer.api.answering import Answer, Asked, Question
from deployer.api.deployment import leader_of
from deployer.api.numbers import age_text, length_of_time
from deployer.api.request import BackupsRequest
from deployer.core.fact import Fact
from deployer.core.host_facts import mapping
from deployer.core.release import Layout
from deployer.engine.session import Session
from deployer.errors import UsageError
from deployer.output.tables import Row

COLUMNS = (
    "host",
    "name",
    "release",
    "created",
    "age",
    "mb",
    "verified",
    "tested",
    "database",
    "copied",
)
_WRONG = 3
_READING = 4 * 3600.0
"""Seconds that one backup may take to be read."""
_MEGABYTE = 1_000_000


def backups(request: BackupsRequest) -> Question:
    """Ask for the backups; 3 if one is damaged or none is young enough. Raises UsageError."""
    oldest = length_of_time(request.max_age, "--max-age")

    def ask(asked: Asked) -> Answer:
        layout = Layout(asked.at.inventory.app.name)
        found = asked.gather(lambda session: _list(session, layout))
        found = {host: _chosen(listed, request.backup) for host, listed in found.items()}
        if request.backup and not any(found.values()) and not asked.errors:
            hint = f"`inv backups --env {asked.at.inventory.environment}` lists them"
            raise UsageError(f"No host has a backup `{request.backup}`.", hint=hint)
        if request.verify:
            found = _proven(asked, layout, found)
        rows = [_row(host, one) for host, listed in found.items() for one in listed]
        damaged = [row for row in rows if not row["verified"]] if request.verify else []
        for row in damaged:
            asked.at.notice(f"{row['name']}: {row['problem']}", "error", str(row["host"]))
        stale = _stale(asked, found, oldest) if oldest else 0
        return Answer(rows, COLUMNS, _WRONG if damaged or stale else 0)

    return ask


def _list(session: Session, layout: Layout) -> list[Row]:
    fact = Fact("backups", "backups", _rows, {"folder": layout.backups})
    session.ask((fact,))
    return session.facts[fact]


def _rows(answer: object) -> list[Row]:
    return [mapping(one) for one in answer] if isinstance(answer, list) else []


def _chosen(listed: Sequence[Row], name: str) -> list[Row]:
    return [one for one in listed if name in ("", "all", one.get("name"))]


def _proven(
    asked: Asked, layout: Layout, found: Mapping[str, Sequence[Row]]
) -> dict[str, list[Row]]:
    """Have every host read its backups to the end; each is one question of its own."""
    return asked.gather(
        lambda session: [_read(session, layout, one) for one in found.get(session.host, ())]
    )


def _read(session: Session, layout: Layout, one: Row) -> Row:
    about = {"folder": layout.backups, "backup": one.get("name")}
    fact = Fact(f"proof of {one.get('name')}", "backup_proof", mapping, about)
    session.ask((fact,), strict=False, patience=_READING)
    answer = session.facts[fact]
    problems = answer.get("problems")
    listed = problems if isinstance(problems, list) else [answer.get("error", "not read")]
    return {**one, **answer, "verified": not listed, "problem": "; ".join(map(str, listed))}


def _row(host: str, one: Row) -> Row:
    size, age = one.get("size"), one.get("age")
    databases = one.get("databases")
    kinds = [str(mapping(each).get("kind", "")) for each in _list_of(databases)]
    copies = [str(mapping(each).get("to", "")) for each in _list_of(one.get("copied_to"))]
    return {
        "host": host,
        **one,
        "created": _time(one.get("created")),
        "age": age_text(age if isinstance(age, int | float) else 0.0),
        "age_seconds": age,
        "mb": size / _MEGABYTE if isinstance(size, int) else None,
        "database": ", ".join(kinds),
        "copied": ", ".join(copies),
        "tested": _time(mapping(one.get("restore_tested")).get("time"))[:16],
    }


def _stale(asked: Asked, found: Mapping[str, Sequence[Row]], oldest: float) -> int:
    """Say which hosts have no verified backup that is young enough; gives their number."""
    late = 0
    for host, listed in found.items():
        wanted = _with_database(asked, host)
        good = [one for one in listed if one.get("verified")]
        ages = list(_ages(one for one in good if one.get("databases") or not wanted))
        if ages and min(ages) <= oldest:
            continue
        what = "verified backup with its database" if wanted else "verified backup"
        newest = f"the newest is {age_text(min(ages))} old" if ages else "there is none"
        asked.at.notice(f"no {what} is younger than {age_text(oldest)}: {newest}", "error", host)
        late += 1
    return late


def _with_database(asked: Asked, host: str) -> bool:
    """Tell whether a backup of this host has to hold a database."""
    inventory = asked.at.inventory
    database = inventory.app.database
    if database.backup == "never":
        return False
    return database.is_local or host == leader_of(inventory.app_hosts)


def _ages(listed: Iterable[Row]) -> Iterable[float]:
    return (float(age) for one in listed if isinstance(age := one.get("age"), int | float))


def _list_of(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _time(seconds: object) -> str:
    if not isinstance(seconds, int | float):
        return ""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}"
