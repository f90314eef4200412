"""What is said about pending migrations before anything is touched: a list, warnings, a refusal."""

from deployer.core.migrations import Pending
from deployer.core.step import Notice, Refuse


def notices(pending: Pending) -> tuple[Notice, ...]:
    """Say what is pending, one line each, whom it keeps waiting, and what looks forgotten."""
    listed = [Notice(f"pending {one.words}") for one in pending.migrations]
    if pending.first and pending.names:
        listed = [Notice(f"the database is empty: {len(pending.names)} migrations build it")]
    locks = [
        Notice(f"{one.name} {change.words}: {change.lock}", "warning")
        for one in pending.migrations
        for change in one.changes
        if change.lock
    ]
    return (*listed, *locks, *_forgotten(pending))


def _forgotten(pending: Pending) -> tuple[Notice, ...]:
    found = []
    if pending.unmade:
        text = f"models were changed without a migration: {'; '.join(pending.unmade)}"
        found.append(Notice(f"{text}; run `makemigrations` and commit it", "warning"))
    if pending.strangers:
        text = f"the database has migrations that this code does not know: {_names(pending)}"
        found.append(Notice(text, "warning"))
    if not pending.known:
        text = "nobody can tell which migrations are pending, nor what they do to the old code"
        found.append(Notice(text, "warning"))
    return tuple(found)


def _names(pending: Pending) -> str:
    return ", ".join(pending.strangers)


def refusal(pending: Pending, environment: str) -> Refuse:
    """Say which migrations the code that serves now could not bear, and what to do instead."""
    broken = "; ".join(f"`{one.name}` {one.reason}" for one in pending.destructive)
    return Refuse(
        f"the old code would break during the deploy, and after a rollback: {broken}",
        "expand now, contract later: first ship code that no longer needs the old schema, then "
        "change it in a release of its own; if no running code needs it any more, run "
        f"`inv deploy --env {environment} --allow-destructive`",
        notices(pending),
    )
