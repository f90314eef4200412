"""All that a step may ask of a host, as data; the agent carries each one out.

The agent's side of this closed union is `deployer/agent/actions`. Paths are absolute paths on
the host, times are seconds, owners are user names. Every action may be done twice with the same
end, and the ones used as undo may follow a half-finished do.
"""

from dataclasses import dataclass, field

from deployer.core.command import Command


@dataclass(frozen=True, slots=True)
class Run:
    """Run one program; any exit code but 0 fails the step.

    With `user`, the agent drops to that user first. `env_files` are read by the agent as root,
    in the format of systemd's EnvironmentFile=, and only their values reach the program.
    With `keep`, its output (JSON, at most 1 MiB) comes back as a result under that name.
    """

    command: Command
    user: str = ""
    folder: str = "/"
    env_files: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    stdin: bytes = field(default=b"", repr=False)
    timeout: float = 300.0
    keep: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Put:
    """Write a file by rename, with its final mode from the first byte; keep what it replaces."""

    path: str
    content: bytes = field(repr=False)
    mode: int = 0o644
    owner: str = "root"
    group: str = "root"


@dataclass(frozen=True, slots=True)
class Install:
    """Copy a file on the host to its live place by rename; keep what it replaces."""

    source: str
    path: str
    mode: int = 0o644
    owner: str = "root"
    group: str = "root"


@dataclass(frozen=True, slots=True)
class PutBack:
    """Undo a `Put`, `Install`, `Link` or `Unlink` of this run: restore what was there, or nothing.

    Without a kept copy (the do never came so far) it does nothing.
    """

    path: str


@dataclass(frozen=True, slots=True)
class Link:
    """Point a symlink at a target by rename, so that nobody finds it missing."""

    path: str
    target: str


@dataclass(frozen=True, slots=True)
class Unlink:
    """Remove a file or link if it is there; keep what it was."""

    path: str


@dataclass(frozen=True, slots=True)
class MakeFolder:
    """Make a folder (parents too) with this owner and mode, or mend them."""

    path: str
    mode: int = 0o755
    owner: str = "root"
    group: str = "root"


@dataclass(frozen=True, slots=True)
class Discard:
    """Remove a folder of the app: renamed into `.trash/` first, so that no half of it is ever used.

    The agent refuses anything but a direct child of the app's releases, venvs or wheelhouse.
    """

    path: str


@dataclass(frozen=True, slots=True)
class Export:
    """Write exactly the tree of one commit into a new folder (`git archive`), as `user`."""

    repository: str
    revision: str
    to: str
    subdirectory: str = ""
    user: str = ""


@dataclass(frozen=True, slots=True)
class Unpack:
    """Unpack a tar (gzip) that we made into a new folder; `path` exists only when it is whole."""

    path: str
    content: bytes = field(repr=False)
    owner: str = "root"
    group: str = "root"


@dataclass(frozen=True, slots=True)
class EnsureVenv:
    """Link a release to the virtual environment for its lock; build that one if there is none.

    Its key is made of the interpreter's version, the bytes of the `locks` (paths inside the
    release) and the `build` commands, whose words may hold `{venv}` and `{release}`. They run as
    `user`; afterwards the environment is sealed, so that releases can share it.
    """

    release_folder: str
    venvs: str
    interpreter: str
    locks: tuple[str, ...]
    build: tuple[Command, ...]
    user: str
    timeout: float = 900.0


@dataclass(frozen=True, slots=True)
class Share:
    """Put a link to something shared at a path inside a release, in place of what the tree has."""

    path: str
    target: str


@dataclass(frozen=True, slots=True)
class Seal:
    """Make a finished folder the property of root, compile its Python, flush it to disk, mark it.

    `marker` is a file name written last (with a manifest of names and sizes); a folder without it
    is not complete. The group may read, nobody may write.
    """

    path: str
    marker: str
    group: str
    interpreter: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """Record the state of a release in its `release.json`; keys in `note` are merged in."""

    release: str
    state: str
    note: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Undo of building a release: discard it if it was never published, else mark it failed."""

    release: str


@dataclass(frozen=True, slots=True)
class StartUnit:
    """Start a unit and wait until systemd calls it active; on failure say why, with its log."""

    unit: str
    timeout: float = 60.0


@dataclass(frozen=True, slots=True)
class StopUnit:
    """Stop a unit; with `kill`, do not wait for requests (it never served anybody).

    With `after`, leave it running that many seconds more, by a transient timer, and return.
    """

    unit: str
    timeout: float = 60.0
    kill: bool = False
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Probe:
    """One HTTP request and what must come back.

    `socket` is a unix socket of the app, or "" to go through the web server at `front`
    (`http://127.0.0.1:80` or `https://…`). The answer must come from `release`.
    """

    path: str
    host: str
    expect_status: tuple[int, ...] = (200,)
    socket: str = ""
    front: str = ""


@dataclass(frozen=True, slots=True)
class CheckHealth:
    """The health-check loop: all probes good, by the right process, for `settle` seconds.

    `unit` must be active with no restarts and its processes stable; `release` is the id that the
    answering process must carry. With `settle` 0 one good round is enough.
    """

    unit: str
    release: str
    release_folder: str
    probes: tuple[Probe, ...]
    interval: float = 1.0
    timeout: float = 60.0
    settle: float = 3.0


@dataclass(frozen=True, slots=True)
class TestUnits:
    """`systemd-analyze verify` on candidate units; any output is a failure."""

    __test__ = False  # pytest must not collect a class because its name begins with Test
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TestSites:
    """`nginx -t` on a shadow tree: the live one with candidates (source, live path) in place."""

    __test__ = False  # as above
    candidates: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ReloadUnits:
    """`systemctl daemon-reload`, and check that no unit of the app still needs it."""

    app: str


@dataclass(frozen=True, slots=True)
class ReloadWebServer:
    """`nginx -t`, reload, and wait until workers with the new configuration serve."""

    timeout: float = 10.0


@dataclass(frozen=True, slots=True)
class SwapEnabled:
    """Enable one unit for boot and disable another ("" for none)."""

    enable: str
    disable: str = ""


@dataclass(frozen=True, slots=True)
class DumpSqlite:
    """A consistent copy of an SQLite file (`VACUUM INTO`), checked by `integrity_check`."""

    path: str


@dataclass(frozen=True, slots=True)
class DumpPostgres:
    """`pg_dump -Fc` as `user`, read back whole by `pg_restore -f /dev/null`.

    `env_files` and `url_variable` name where the connection URL is; it is never an argument.
    """

    user: str
    env_files: tuple[str, ...]
    url_variable: str


@dataclass(frozen=True, slots=True)
class DumpMysql:
    """A dump of MariaDB or MySQL in one transaction as `user`, decompressed and counted again.

    `env_files` and `url_variable` as for `DumpPostgres`.
    """

    user: str
    env_files: tuple[str, ...]
    url_variable: str


Dump = DumpSqlite | DumpPostgres | DumpMysql


@dataclass(frozen=True, slots=True)
class SharedFiles:
    """What the app keeps in its shared folder: these paths in it, "" for all, `without` some."""

    folder: str
    paths: tuple[str, ...]
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Backup:
    """Write a backup folder `<folder>/<app>_YYYYmmdd_HHMMSS-<number>`, verified by reading it back.

    `release` is the release whose code and config go in ("" for none). The folder is called
    `….partial` until every file in it was read back and its sha256 written beside it.
    """

    folder: str
    app: str
    release: str
    release_folder: str
    config: tuple[str, ...] = ()
    dumps: tuple[Dump, ...] = ()
    database_required: bool = False
    shared: SharedFiles | None = None


@dataclass(frozen=True, slots=True)
class RequireBackup:
    """Go on only if this run has made a verified backup of this database, or there is none yet.

    `waived` says why the inventory wants no backup; it is shown and written down.
    """

    folder: str
    database: Dump | None = None
    waived: str = ""


@dataclass(frozen=True, slots=True)
class CopyByCommand:
    """Copy a backup by a program of root's; `{backup}` and `{name}` in its words are filled in."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CopyByRsync:
    """Copy a backup with rsync over SSH, and compare the copy by its checksums."""

    target: str
    port: int
    identity: str
    host_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CopyBackups:
    """Copy the verified backups that have no copy yet to another machine, the newest first."""

    folder: str
    way: CopyByCommand | CopyByRsync
    timeout: float


@dataclass(frozen=True, slots=True)
class VerifyBackups:
    """Read the backups that this run has made again from the disk; a damaged one is a failure."""

    folder: str


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


@dataclass(frozen=True, slots=True)
class Restoration:
    """What is restored on a host: a backup of the app, and which of its parts into what.

    `backup` is its name, "" for the newest one. `dumps` is the database (none or one), named as it
    is dumped; `shared` is the folder of shared files, "" to leave them. `database_file` is the
    database that lies in that folder, and goes along when it is swapped.
    """

    folder: str
    app: str
    backup: str
    dumps: tuple[Dump, ...] = ()
    shared: str = ""
    database_file: str = ""


@dataclass(frozen=True, slots=True)
class CheckBackup:
    """Read a backup whole again, and find out whether it can be restored here; changes nothing."""

    what: Restoration


@dataclass(frozen=True, slots=True)
class RestoreBeside:
    """Restore beside what is live, under another name, and compare with the backup's record."""

    what: Restoration


@dataclass(frozen=True, slots=True)
class DropBeside:
    """Undo of `RestoreBeside`: remove what was restored and never went live."""

    what: Restoration


@dataclass(frozen=True, slots=True)
class SwapRestored:
    """Put what was restored in the place of what is live, by rename; the old one is kept."""

    what: Restoration


@dataclass(frozen=True, slots=True)
class SwapBack:
    """Undo of `SwapRestored`: the old one is live again; the other one is kept too."""

    what: Restoration


@dataclass(frozen=True, slots=True)
class RehearseRestore:
    """Restore into a scratch place, compare with the backup's record, remove it, write it down."""

    what: Restoration


@dataclass(frozen=True, slots=True)
class Pause:
    """Stop these units of the app, also the one that users are sent to."""

    units: tuple[str, ...]
    timeout: float = 60.0


@dataclass(frozen=True, slots=True)
class Resume:
    """Start the unit that users are sent to, after a `Pause`."""

    unit: str
    timeout: float = 60.0


Restoring = (
    CheckBackup
    | RestoreBeside
    | DropBeside
    | SwapRestored
    | SwapBack
    | RehearseRestore
    | Pause
    | Resume
)


@dataclass(frozen=True, slots=True)
class Prune:
    """Remove old releases, venvs and backups by the rules of DESIGN.md section 6."""

    app: str
    keep_releases: int
    backups_folder: str
    backup_days: float
    backups_at_least: int


Action = (
    Run
    | Put
    | Install
    | PutBack
    | Link
    | Unlink
    | MakeFolder
    | Discard
    | Export
    | Unpack
    | EnsureVenv
    | Share
    | Seal
    | Mark
    | GiveUp
    | StartUnit
    | StopUnit
    | CheckHealth
    | TestUnits
    | TestSites
    | ReloadUnits
    | ReloadWebServer
    | SwapEnabled
    | Backup
    | VerifyBackups
    | RequireBackup
    | CopyBackups
    | ApplyMigrations
    | SettleSchema
    | AskSchema
    | Restoring
    | Prune
)
