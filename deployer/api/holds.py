"""`inv hold` and `inv unhold`: keep everybody from changing an app, on all its hosts or on none."""

import secrets as randomness
from collections.abc import Mapping
from datetime import UTC, datetime

from deployer.api.answering import Answer, Asked, answer
from deployer.api.place import Place
from deployer.api.request import HoldRequest
from deployer.core.quantities import Seconds
from deployer.core.transport import Message
from deployer.engine.session import Session
from deployer.errors import ConnectionLost, HostTimeout, UsageError
from deployer.output.tables import Row

COLUMNS = ("host", "state", "id", "who", "why", "until")
_SET_BACK = "set back: another host refused"


def hold(place: Place, request: HoldRequest) -> int:
    """Set a hold on every host of the environment, or on none; gives the exit code."""
    if not request.reason.strip():
        raise UsageError(
            "`hold` needs a reason.",
            hint='say it: `inv hold --reason "moving the database, ask ann"`',
        )
    when = until(request.until, place.clock.now())
    wanted: dict[str, object] = {
        "verb": "hold",
        "id": f"h-{randomness.token_hex(3)}",
        "who": place.actor,
        "why": request.reason.strip(),
        **when,
    }
    return answer(place, request, lambda asked: _hold(asked, wanted))


def unhold(place: Place, request: HoldRequest) -> int:
    """Take a hold away on every host; gives the exit code."""
    if not request.id:
        raise UsageError(
            "`unhold` needs the id of the hold.", hint="`inv status` shows it; then `--id ID`"
        )
    wanted: dict[str, object] = {"verb": "unhold", "id": request.id}
    return answer(place, request, lambda asked: _unhold(asked, wanted))


def until(text: str, now: datetime) -> dict[str, object]:
    """Read `2h` or a date and time; raises UsageError for one that is over or is no time."""
    if not text:
        return {}
    try:
        return {"seconds": Seconds().read(text)}
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        raise UsageError(
            f"`--until {text}` is neither a duration nor a time.",
            hint="write `2h`, `90m` (at most 24h), or a time such as `2026-12-01T08:00`",
        ) from None
    if moment <= now:
        raise UsageError(
            f"`--until {text}` is over already.", hint="name a time that is still to come"
        )
    return {"until": moment.timestamp()}


def _hold(asked: Asked, wanted: Message) -> Answer:
    found = {} if asked.errors else asked.gather(lambda one: _said(one, wanted, "held"))
    rows = [{"host": host, "state": "held", **_row(said)} for host, said in found.items()]
    if asked.errors and found:
        # All or none: who believes that the app is held must not find half of it open.
        back = {"verb": "unhold", "id": wanted["id"]}
        taken = asked.gather(lambda one: _said(one, back, "unheld") if one.host in found else {})
        rows = [
            {**row, "state": _SET_BACK if row["host"] in taken else "STILL HELD"} for row in rows
        ]
    return Answer((*rows, *_unsure(asked, wanted)), COLUMNS)


def _unsure(asked: Asked, wanted: Message) -> tuple[Row, ...]:
    """Name the hosts whose link broke when they were asked: they may have set the hold."""
    return tuple(
        {"host": host, "state": "MAYBE HELD: the link broke", "id": wanted["id"]}
        for host, error in asked.errors.items()
        if isinstance(error, ConnectionLost | HostTimeout)
    )


def _unhold(asked: Asked, wanted: Message) -> Answer:
    found = asked.gather(lambda one: _said(one, wanted, "unheld"))
    rows = [
        {"host": host, "state": "free" if said.get("was") else "was not held"}
        for host, said in found.items()
    ]
    return Answer(rows, COLUMNS[:2])


def _said(session: Session, wanted: Message, event: str) -> Mapping[str, object]:
    return session.exchange(wanted, (event,))


def _row(said: Mapping[str, object]) -> dict[str, object]:
    return {
        "id": said.get("id"),
        "who": said.get("who"),
        "why": said.get("why"),
        "until": said.get("until_text"),
    }
