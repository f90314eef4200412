"""What the controller can send to hosts: commits of a local repository, a folder of wheels."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit that a deploy would bring."""

    revision: str
    author: str
    subject: str


class Repository(Protocol):
    """A local git repository, for `transport: push`."""

    def resolve(self, revision: str) -> str:
        """Give the full commit id of a branch, tag or commit; raises NoSuchRevision."""
        ...

    def pack(self, revision: str, known: tuple[str, ...]) -> bytes:
        """Give a git pack of all that a host with the `known` commits lacks for a revision."""
        ...

    def log(self, older: str, newer: str) -> tuple[Commit, ...] | None:
        """Give the commits from older to newer, newest first; None when they cannot be told."""
        ...


class Wheels(Protocol):
    """A local folder of wheels that hosts install from."""

    @property
    def key(self) -> str:
        """Names exactly this set of wheels: the sha256 of their names and contents, shortened."""
        ...

    def archive(self) -> bytes:
        """Give them as one tar (gzip) with the marker `.complete` in it."""
        ...
