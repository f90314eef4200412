"""What a backup holds, what it would replace, and what would be lost: values and sentences."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from deployer.api.numbers import age_text
from deployer.core.host_facts import mapping
from deployer.core.host_state import AppState
from deployer.errors import UsageError

_DATABASES = {"sqlite": "SQLite", "postgres": "PostgreSQL", "mysql": "MariaDB or MySQL"}
_MINUTE = "%Y-%m-%d %H:%M"


@dataclass(frozen=True, slots=True)
class Stored:
    """A backup on a host, as its record says."""

    name: str
    host: str
    created: float
    release: str
    database: str = ""
    rows: int = 0
    migrations: tuple[str, ...] = ()
    shared: bool = False

    @property
    def minute(self) -> str:
        """When it was begun, in UTC, to the minute: as `inv backups` shows it."""
        return datetime.fromtimestamp(self.created, UTC).strftime(_MINUTE)


def stored(host: str, answer: Mapping[str, object]) -> Stored:
    """Read what a host says of one of its backups."""
    databases = answer.get("databases")
    first = mapping(databases[0]) if isinstance(databases, list) and databases else {}
    parts = answer.get("parts")
    created = answer.get("created")
    counted = [rows for rows in mapping(first.get("tables")).values() if isinstance(rows, int)]
    migrations = first.get("migrations")
    return Stored(
        name=str(answer.get("name") or ""),
        host=host,
        created=float(created) if isinstance(created, int | float) else 0.0,
        release=str(answer.get("release") or ""),
        database=str(first.get("kind") or ""),
        rows=sum(counted),
        migrations=tuple(map(str, migrations)) if isinstance(migrations, list) else (),
        shared="shared.tar.gz" in parts if isinstance(parts, list) else False,
    )


def holds(backup: Stored) -> tuple[str, ...]:
    """Say what is in it, and what each part would replace."""
    lines = [f"{backup.name} on {backup.host}, begun {backup.minute} UTC, holds:"]
    if backup.database:
        kind = _DATABASES.get(backup.database, backup.database)
        lines.append(
            f"  --database  the {kind} database, {backup.rows} rows counted; it replaces all that "
            "is in the live one"
        )
    if backup.shared:
        lines.append(
            "  --shared    the shared files; they replace those of the same folders and files"
        )
    if not backup.database and not backup.shared:
        lines.append("  neither a database nor shared files, so there is nothing to restore")
    return tuple(lines)


def fitting_code(backup: Stored, state: AppState) -> str:
    """Say which release's code fits the schema that comes back."""
    if backup.release in ("", state.live):
        return f"code: the live release {state.live} made this backup, so it fits its schema"
    older = state.release(backup.release)
    fits = f"code: {backup.release} made this backup and fits its schema; {state.live} is live"
    if older is None:
        return f"{fits}, and {backup.release} is gone from the host: deploy that commit to go back"
    since = [
        one.migrations
        for one in state.releases
        if one.number > older.number and one.migrations and not one.migrations.startswith("none")
    ]
    if not since:
        return f"{fits}, and no migration was applied since"
    return (
        f"{fits} and has applied migrations since ({'; '.join(since)}): it may not get healthy, "
        f"and then all is put back. Go back first: `inv rollback --to {older.number}`"
    )


def lost(backup: Stored, now: float) -> str:
    """Say which writes will be lost."""
    age = age_text(max(0.0, now - backup.created))
    return (
        f"what was written between {backup.minute} UTC and now ({age}) will be LOST to the app; "
        "it stays in the old copy, and in a backup that is made first"
    )


def same_minute(text: str, backup: Stored) -> bool:
    """Tell whether a person named the very time at which the backup was begun."""
    return text.strip().replace("T", " ").removesuffix(" UTC")[:16] == backup.minute


def check_time(text: str) -> None:
    """Refuse what is no time; raises UsageError."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?( UTC)?", text.strip()):
        raise UsageError(
            f"`--yes-i-lose-writes-since` is no time: `{text[:40]}`.",
            hint="write it as `inv backups` shows it (UTC): `2026-11-25 18:00`",
        )


def check_name(name: str, app: str) -> None:
    """Refuse what is no backup of this app, before any host is asked; raises UsageError."""
    if not re.fullmatch(re.escape(app) + r"_\d{8}_\d{6}-\d+", name):
        raise UsageError(
            f"`{name[:80]}` is not the name of a backup of `{app}`."
            if name
            else "Which backup? `--backup` is missing.",
            hint=f"`inv backups` lists them, such as `{app}_20261125_180000-3`",
        )
