"""Files, links and folders."""

from dataclasses import dataclass, field


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
