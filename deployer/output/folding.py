"""How a CI service folds the lines of a phase and marks a failure in its log."""

from collections.abc import Mapping
from typing import Protocol

from deployer.core.clock import Clock
from deployer.output.text import clean, without_hash_commands


class Folding(Protocol):
    """What a log can do besides lines; each method gives the lines to write as they are."""

    def open(self, title: str) -> tuple[str, ...]:
        """Begin a fold; a fold that is open must be closed first."""
        ...

    def close(self) -> tuple[str, ...]:
        """End the fold, if one is open."""
        ...

    def annotate(self, level: str, title: str, text: str) -> tuple[str, ...]:
        """Mark a failure or a warning so that it shows outside the log."""
        ...


class NoFolding:
    """A plain log: the title is a line."""

    def open(self, title: str) -> tuple[str, ...]:
        return (title,)

    def close(self) -> tuple[str, ...]:
        return ()

    def annotate(self, level: str, title: str, text: str) -> tuple[str, ...]:
        return ()


class GithubFolding:
    """GitHub Actions: docs.github.com, "Workflow commands for GitHub Actions"."""

    def __init__(self) -> None:
        self._is_open = False

    def open(self, title: str) -> tuple[str, ...]:
        self._is_open = True
        return (f"::group::{_data(title)}",)

    def close(self) -> tuple[str, ...]:
        if not self._is_open:
            return ()
        self._is_open = False
        return ("::endgroup::",)

    def annotate(self, level: str, title: str, text: str) -> tuple[str, ...]:
        return (f"::{level} title={_property(title)}::{_data(text)}",)


class GitlabFolding:
    """GitLab CI: docs.gitlab.com, "Create custom collapsible sections" in job logs."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._count = 0
        self._is_open = False

    def open(self, title: str) -> tuple[str, ...]:
        self._is_open = True
        self._count += 1
        return (f"{self._mark('start')}{clean(title)}",)

    def close(self) -> tuple[str, ...]:
        if not self._is_open:
            return ()
        self._is_open = False
        return (self._mark("end"),)

    def annotate(self, level: str, title: str, text: str) -> tuple[str, ...]:
        return ()

    def _mark(self, edge: str) -> str:
        when = int(self._clock.now().timestamp())
        return f"\x1b[0Ksection_{edge}:{when}:deployer_{self._count}\r\x1b[0K"


def folding_for(environ: Mapping[str, str], clock: Clock) -> Folding:
    """Give the folding of the CI service that runs us, by the variable that each one sets."""
    if environ.get("GITHUB_ACTIONS") == "true":
        return GithubFolding()
    if environ.get("GITLAB_CI") == "true":
        return GitlabFolding(clock)
    return NoFolding()


def _data(text: str) -> str:
    return without_hash_commands(clean(text)).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
