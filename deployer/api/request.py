"""What a person or a CI job asked for, as one value."""

from dataclasses import dataclass
from typing import Literal

OutputKind = Literal["auto", "console", "plain", "json"]


@dataclass(frozen=True, slots=True)
class Request:
    """The words of one command line; empty means: not given."""

    command: str
    env: str = ""
    revision: str = ""
    limit: str = ""
    to: str = ""
    output: str = "auto"
    yes: bool = False
    dry_run: bool = False
    force: bool = False
    verbose: bool = False
    allow_destructive: bool = False
    no_confirm: bool = False
    wait: str = ""
    unfreeze: bool = False
    skip_unreachable: bool = False
    timings: bool = False
    report: str = ""
    executor: str = "local"
    scheduler: str = ""


@dataclass(frozen=True, slots=True)
class HoldRequest(Request):
    """Who may change nothing and why, or the id of the hold that is over; as it was typed."""

    reason: str = ""
    until: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class BackupRequest(Request):
    """A backup by hand, and how it is proven; with `backup` an older one is proven instead."""

    verify: bool = False
    restore_test: bool = False
    backup: str = ""


@dataclass(frozen=True, slots=True)
class BackupsRequest(Request):
    """Which backups, whether they are read again, and how old the newest may be."""

    verify: bool = False
    backup: str = ""
    max_age: str = ""


@dataclass(frozen=True, slots=True)
class RestoreRequest(Request):
    """Which backup of which host, which parts, and the time that confirms it."""

    backup: str = ""
    host: str = ""
    database: bool = False
    shared: bool = False
    lost_since: str = ""


@dataclass(frozen=True, slots=True)
class MaintenanceRequest(Request):
    """Whether users are kept out or let in again, and what they are told."""

    on: bool = False
    off: bool = False
    message: str = ""


@dataclass(frozen=True, slots=True)
class DrainRequest(Request):
    """Which web host the balancer is to leave out, or to take in again."""

    host: str = ""


@dataclass(frozen=True, slots=True)
class RecoverRequest(Request):
    """In which direction a split fleet is made whole."""

    finish: bool = False
    undo: bool = False


@dataclass(frozen=True, slots=True)
class HistoryRequest(Request):
    """How many runs to show, as it was typed."""

    last: str = ""


@dataclass(frozen=True, slots=True)
class LogsRequest(Request):
    """Which lines of the app's log."""

    follow: bool = False
    since: str = ""
    grep: str = ""
    lines: str = ""
    process: str = ""


@dataclass(frozen=True, slots=True)
class RunRequest(Request):
    """A program to run as the app's user, as it was typed."""

    program: str = ""


@dataclass(frozen=True, slots=True)
class RenderRequest(Request):
    """Where to write rendered files, and whether secrets go in."""

    out: str = ""
    secrets: bool = False


@dataclass(frozen=True, slots=True)
class TrustRequest(Request):
    """Whether to pin what hosts offer, also over another pin."""

    write: bool = False
    replace: bool = False


@dataclass(frozen=True, slots=True)
class SchemaRequest(Request):
    """Where to write the schema."""

    out: str = ""


@dataclass(frozen=True, slots=True)
class InitRequest(Request):
    """What a new project needs to know."""

    name: str = ""
    host: str = ""
    repository: str = ""
    framework: str = ""


@dataclass(frozen=True, slots=True)
class LabRequest(Request):
    """A lab: its name and what it is made of."""

    name: str = "lab"
    hosts: str = ""
    postgres: bool = False
    mariadb: bool = False
