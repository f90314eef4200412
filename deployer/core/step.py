"""Steps: what is asked, done and undone for one release on one host, as values."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from deployer.core.action import Action
from deployer.core.fact import Fact, Facts
from deployer.core.host_state import AppState
from deployer.core.inventory import App, Host, Inventory
from deployer.core.release import Layout, Release
from deployer.core.rendered import RenderedFile
from deployer.core.supply import Repository, Wheels


class Phase(StrEnum):
    """The phase decides what a failure means (DESIGN.md section 5)."""

    PREPARE = "PREPARE"
    BUILD = "BUILD"
    PUBLISH = "PUBLISH"
    VERIFY = "VERIFY"
    FINISH = "FINISH"


class Scope(StrEnum):
    """Where a step runs: on each host, or once per database on the host that leads."""

    EACH = "each"
    ONCE = "once"


@dataclass(frozen=True, slots=True)
class LiveFile:
    """A file outside the release that goes live with it: a unit, a site, a snippet."""

    path: str
    sha256: str
    mode: int = 0o644


def live_files(files: Iterable[RenderedFile]) -> tuple[LiveFile, ...]:
    """Give those of the files that live outside of a release."""
    return tuple(
        LiveFile(file.path, hashlib.sha256(file.content).hexdigest(), file.mode)
        for file in files
        if file.scope == "system"
    )


@dataclass(frozen=True, slots=True)
class Target:
    """One release of one app on one host; `leader` runs what is done once."""

    inventory: Inventory
    host: Host
    release: Release
    leader: bool
    files: tuple[RenderedFile, ...] = ()
    live_files: tuple[LiveFile, ...] = ()
    repository: Repository | None = None
    config_digest: str = ""
    wheels: Wheels | None = None
    allow_destructive: bool = False
    states: tuple[AppState, ...] = ()
    """How the app stands on all hosts that share the database; empty when nobody asks for it."""

    @property
    def app(self) -> App:
        """The app of the inventory."""
        return self.inventory.app

    @property
    def layout(self) -> Layout:
        """Where things are on the host."""
        return Layout(self.inventory.app.name)

    @property
    def folder(self) -> str:
        """The folder of the release."""
        return self.layout.release(self.release.id)


@dataclass(frozen=True, slots=True)
class Notice:
    """What a step has found and everybody should know; `level` is info, warning or error."""

    text: str
    level: str = "info"


@dataclass(frozen=True, slots=True)
class Told:
    """What is to be done, and what is worth telling before it is."""

    actions: tuple[Action, ...]
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True)
class Skip:
    """There is nothing to do, and why."""

    reason: str
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Passed:
    """The step was only a look at facts, and all is well; `note` says what was found."""

    note: str
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Refuse:
    """The step must not be done: the cause in one sentence, and the next step."""

    cause: str
    hint: str = ""
    notices: tuple[Notice, ...] = ()


Work = tuple[Action, ...] | Told | Skip | Passed | Refuse


class Step(Protocol):
    """One named part of a recipe; it never sees a connection."""

    @property
    def name(self) -> str:
        """What it is called in events, journals and docs."""
        ...

    @property
    def phase(self) -> Phase:
        """Which phase it belongs to."""
        ...

    @property
    def scope(self) -> Scope:
        """On each host or once."""
        ...

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        """Say which facts `do` and `undo` read."""
        ...

    def do(self, on: Target, facts: Facts) -> Work:
        """Say what is to be done."""
        ...

    def undo(self, on: Target, facts: Facts) -> tuple[Action, ...]:
        """Say how it is undone, also when `do` stopped half way."""
        ...
