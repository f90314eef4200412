"""Migrations, and what became of the schema."""

from dataclasses import dataclass, field

from deployer.core.command import Command


@dataclass(frozen=True, slots=True)
class Wanted:
    """A migration that is to be applied; `breaks` says why older code cannot bear it."""

    name: str
    breaks: str = ""
    atomic: bool = False


@dataclass(frozen=True, slots=True)
class ApplyMigrations:
    """Run the program that migrates, then ask by `script` which migrations the database has.

    `command` is the release's interpreter, which reads the script; "" when nobody can be asked.
    The session is named after the run (PGAPPNAME) and limited by `options` (PGOPTIONS).
    """

    migrate: Command
    command: Command
    script: str = field(repr=False)
    user: str
    folder: str
    env_files: tuple[str, ...]
    env: tuple[tuple[str, str], ...]
    release: str
    pending: tuple[Wanted, ...] = ()
    vendor: str = ""
    together: bool = False
    options: str = ""
    timeout: float = 1800.0
    hint: str = ""


@dataclass(frozen=True, slots=True)
class SettleSchema:
    """Undo of `ApplyMigrations`: change nothing, say what state the schema is in."""


@dataclass(frozen=True, slots=True)
class AskSchema:
    """Ask a release by `script` what it thinks of the database; an answer comes in any case."""

    command: Command
    script: str = field(repr=False)
    user: str
    folder: str
    env_files: tuple[str, ...]
    env: tuple[tuple[str, str], ...]
    keep: str = "schema"
