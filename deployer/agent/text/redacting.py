"""Keep the app's secrets out of what is shown, logged and journalled.

What an app prints of itself, such as a traceback with its settings, comes through here: the host
knows the values, from the environment files of the releases, and the commands that know no secrets
(`rollback`, `logs`, `run`, recovery at boot) need it most.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from deployer.agent.system import env_file
from deployer.agent.text.secret_shapes import pattern

NAMED = "# secret: "
"""A line of an environment file that begins so names the variables that are secrets."""
_LIKELY = re.compile(
    r"(?:^|_)(?:KEY|PASSWORD|PASSWD|PASSPHRASE|PASS|PW|SECRET|TOKEN|CREDENTIALS?|DSN)(?:_|$|\d)",
    re.IGNORECASE,
)
"""Names of secrets, in files that do not say which are: a project's template, an older release."""
_IN_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*:[^/?#]*@")
_LARGEST = 1024 * 1024


class Redaction:
    """Scrubs texts; `refresh` reads the files anew if they have changed."""

    def __init__(self, releases: Path) -> None:
        self._releases = releases
        self._known: tuple[object, ...] | None = None
        self._pattern: re.Pattern[str] | None = None

    def __call__(self, text: str) -> str:
        """Give the text with `***` in place of secrets."""
        if self._known is None:
            self.refresh()
        return self._pattern.sub("***", text) if self._pattern else text

    def refresh(self) -> None:
        """Look at the environment files of all releases; cheap if nothing has changed."""
        files = tuple(sorted(self._releases.glob("*/config/*.env")))
        seen = tuple(map(_seen, files))
        if seen != self._known:
            self._known = seen
            self._pattern = pattern(value for file in files for value in _secrets(file))


def secrets_of(content: str, variables: Mapping[str, str]) -> Iterator[str]:
    """Give the values of a file that are secrets."""
    named = {
        name
        for line in content.splitlines()
        if line.startswith(NAMED)
        for name in line[len(NAMED) :].split()
    }
    for name, value in variables.items():
        if name in named or _LIKELY.search(name) or _IN_URL.match(value):
            yield value


def _secrets(file: Path) -> Iterator[str]:
    try:
        content = _text(file)
        yield from secrets_of(content, env_file.read(content.encode()))
    except (OSError, UnicodeDecodeError):
        return


def _text(file: Path) -> str:
    # While a release is built it is not root's yet: no links, no pipes, no endless files.
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as opened:  # noqa: PTH123  a descriptor is no path
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return ""
        return opened.read(_LARGEST).decode()


def _seen(file: Path) -> tuple[str, int, int]:
    try:
        found = file.lstat()
    except OSError:
        return str(file), 0, 0
    return str(file), found.st_mtime_ns, found.st_size
