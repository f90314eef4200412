"""How a release is built, sealed, marked and given up."""

from dataclasses import dataclass, field

from deployer.core.command import Command


@dataclass(frozen=True, slots=True)
class Export:
    """Write exactly the tree of one commit into a new folder (`git archive`), as `user`.

    Its Python is compiled as `user` too, with `interpreter`; then the folder is root's.
    """

    repository: str
    revision: str
    to: str
    subdirectory: str = ""
    user: str = ""
    interpreter: str = ""


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
    """Make a finished folder the property of root, flush it to disk, mark it.

    `marker` is a file name written last (with a manifest of names and sizes); a folder without it
    is not complete. The group may read, nobody may write.
    """

    path: str
    marker: str
    group: str


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
class Prune:
    """Remove old releases, venvs and backups by the rules of DESIGN.md section 6."""

    app: str
    keep_releases: int
    backups_folder: str
    backup_days: float
    backups_at_least: int
