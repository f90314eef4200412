"""The log for people, `/var/log/deploy.log`: one line an event, as the old script wrote it."""

from __future__ import annotations

import os
import time
from pathlib import Path

from deployer.agent.text.clean_text import clean

PATH = "/var/log/deploy.log"


class DeployLog:
    """Adds lines; a log that cannot be written never stops a deploy."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def say(self, message: str) -> None:
        """Add `YYYY-mm-dd HH:MM:SS - message`."""
        self._append(f"- {message}")

    def ended(self, app: str, what: str, outcome: str, actor: str, seconds: float) -> None:
        """Add the one line of a finished run; `what` is its command and release."""
        by = f" by {actor}" if actor else ""
        self._append(f"{app} {what} {outcome}{by} in {seconds:.1f} s")

    def _append(self, text: str) -> None:
        line = f"{time.strftime('%Y-%m-%d %H:%M:%S')} {clean(text)}\n"
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            descriptor = os.open(self._path, flags, 0o640)
        except OSError:
            return
        try:
            os.write(descriptor, line.encode())
        except OSError:
            return
        finally:
            os.close(descriptor)
