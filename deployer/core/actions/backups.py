"""Backups and the dumps in them."""

from dataclasses import dataclass


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
    `….partial` until every file in it was read back and its sha256 written beside it. With
    `unless_made` there is nothing to do when this run has dumped the very same databases before.
    """

    folder: str
    app: str
    release: str
    release_folder: str
    config: tuple[str, ...] = ()
    dumps: tuple[Dump, ...] = ()
    database_required: bool = False
    shared: SharedFiles | None = None
    unless_made: bool = False


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
