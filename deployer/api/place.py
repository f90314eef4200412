"""Where a command runs: folder, environment variables, terminal, time. Nothing else is read."""

import getpass
import os
import socket
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from deployer.core.clock import Clock
from deployer.core.outside import Knock
from deployer.errors import UsageError

_CI_ACTORS = ("GITHUB_ACTOR", "GITLAB_USER_LOGIN", "BUILD_USER_ID")


class SystemClock:
    """The real clock."""

    def monotonic(self) -> float:
        """Seconds that only go forward."""
        return time.monotonic()

    def now(self) -> datetime:
        """The wall clock, in UTC."""
        return datetime.now(UTC)  # noqa: TID251  this is the Clock

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)  # noqa: TID251  this is the Clock


@dataclass(frozen=True, slots=True)
class Place:
    """All that a use case may know about the machine that it runs on."""

    folder: Path
    environ: Mapping[str, str]
    stdout: TextIO
    stderr: TextIO
    ask: Callable[[str], str] | None
    clock: Clock = field(default_factory=SystemClock)
    knock: Knock | None = None
    """Asks a host's web server from here; None is the real way."""

    @property
    def inventories(self) -> Path:
        """The folder of the inventories."""
        return self.folder / "inventories"

    @property
    def actor(self) -> str:
        """Who is at work: the CI user, or user@machine."""
        named = (self.environ.get(name, "") for name in _CI_ACTORS)
        ci = next((name for name in named if name), "")
        if ci:
            return f"{ci} (CI)"
        return f"{_user()}@{socket.gethostname()}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid{os.getuid()}"


def this_place() -> Place:
    """Read the machine once; the project is the nearest folder above that has `inventories/`."""
    return _place(project_folder(Path.cwd()))


def this_folder() -> Place:
    """Read the machine once, for what needs no project: the folder is the one we are in."""
    return _place(Path.cwd())


def _place(folder: Path) -> Place:
    return Place(
        folder=folder,
        environ=dict(os.environ),
        stdout=sys.stdout,
        stderr=sys.stderr,
        ask=input if sys.stdin is not None and sys.stdin.isatty() else None,
    )


def project_folder(start: Path) -> Path:
    """Find the project's folder from any folder inside it; raises UsageError."""
    for folder in (start, *start.parents):
        if (folder / "inventories").is_dir():
            return folder
    raise UsageError(
        f"`{start}` is not inside a project: no folder above it has `inventories/`.",
        hint="run `deployer init` in the project's folder",
    )
