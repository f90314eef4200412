"""What all kinds of database dumps have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from deployer.agent.backups.archive import Written
from deployer.agent.context import ActionFailed, Context
from deployer.agent.system import env_file
from deployer.agent.system.programs import Completed
from deployer.agent.text import fields

TIMEOUT = 3600.0
_LOG_LINES = 30


@dataclass(frozen=True)
class Dumped:
    """A dump in the backup: its file, and what proves later that a restore of it is whole.

    `tables` are rows by table, of a sample where there are many; `migrations` those applied, both
    as they are in the dump. `notes` are warnings for people. `place` says which database it is.
    """

    part: Written
    kind: str
    name: str
    tables: Mapping[str, int] = field(default_factory=dict)
    migrations: tuple[str, ...] = ()
    tool: str = ""
    server: str = ""
    notes: tuple[str, ...] = ()
    place: str = ""

    @property
    def record(self) -> dict[str, object]:
        """What the record of the backup says of it."""
        return {
            "kind": self.kind,
            "name": self.name,
            "place": self.place,
            "part": self.part.name,
            "tool": self.tool,
            "server": self.server,
            "tables": dict(self.tables),
            "migrations": list(self.migrations),
            "notes": list(self.notes),
        }


def database_url(ctx: Context, wish: Mapping[str, object]) -> str:
    """Read the URL of a database from the environment files that a wish names."""
    variables: dict[str, str] = {}
    for name in fields.texts(wish, "env_files"):
        try:
            variables.update(env_file.read(ctx.path(name).read_bytes()))
        except (OSError, UnicodeDecodeError) as error:
            raise ActionFailed(f"the environment file `{name}` cannot be read: {error}") from error
    variable = fields.text(wish, "url_variable")
    if not variables.get(variable):
        raise ActionFailed(f"`{variable}` is not in the app's environment", "Set it in `env`.")
    return variables[variable]


def require(made: Completed, what: str, hint: str) -> None:
    """Raise ActionFailed with the last line of a program that did not end well."""
    if made.ok:
        return
    said = complaint(made)
    raise ActionFailed(f"{what} could not be backed up: {said}", hint, made.lines[-_LOG_LINES:])


def complaint(made: Completed) -> str:
    """Give the line in which a program says why; details and commands may come after it."""
    errors = [line for line in made.lines if "error:" in line.lower()]
    return next(iter(errors[:1] or made.lines[-1:]), made.problem)


def counts(value: object) -> dict[str, int]:
    """Read rows by table from what a program has printed."""
    found = value if isinstance(value, dict) else {}
    return {str(key): one for key, one in found.items() if isinstance(one, int)}


def texts(value: object) -> tuple[str, ...]:
    """Read a list of texts from what a program has printed."""
    return tuple(str(one) for one in value) if isinstance(value, list) else ()
