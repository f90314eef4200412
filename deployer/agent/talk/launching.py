"""Start the worker of a run as a transient systemd unit, so that it outlives the SSH session.

The front listens and the worker connects: there is no moment at which it could come too early.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread

from deployer.agent.disk.files import make_private

Launch = Callable[["Wanted"], "subprocess.Popen[bytes] | None"]
SOCKETS = Path("/run/deployer")
_PATIENCE = 20.0
_TICK = 0.5


class NoWorker(Exception):
    """The worker could not be started, and why."""


class Wanted:
    """Which worker to start, and on which socket it finds the front."""

    def __init__(self, app: str, run: str, limit: float, folder: Path = SOCKETS) -> None:
        self.app = app
        self.run = run
        self.limit = limit
        self.socket = folder / f"{app}-{run}.sock"


def main_file() -> Path:
    """Give the file that starts this agent."""
    return Path(__file__).resolve().parents[1] / "__main__.py"


def by_systemd(wanted: Wanted) -> subprocess.Popen[bytes] | None:
    """Start the worker in a unit of its own; what it leaves undone is recovered on failure."""
    agent = [sys.executable, "-I", "-S", str(main_file()), "work", wanted.app, wanted.run]
    properties = (
        f"OnFailure=deployer-recover@{wanted.app}.service",
        f"RuntimeMaxSec={wanted.limit:.0f}",
        "KillMode=control-group",
        "TimeoutStopSec=300",
        "OOMScoreAdjust=-200",
    )
    words = [
        "systemd-run",
        "--quiet",
        "--collect",
        "--no-ask-password",
        f"--unit=deployer-{wanted.app}-{wanted.run}",
        *(f"--property={one}" for one in properties),
        *agent,
    ]
    return subprocess.Popen(  # noqa: S603  words, never a shell line
        words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )


def connected(wanted: Wanted, launch: Launch) -> socket.socket:
    """Start a worker and give the connection to it; raises NoWorker."""
    make_private(wanted.socket.parent)
    with contextlib.suppress(FileNotFoundError):
        wanted.socket.unlink()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(wanted.socket))
        try:
            wanted.socket.chmod(0o600)
            listener.listen(1)
            return _accepted(listener, launch(wanted))
        finally:
            wanted.socket.unlink()


def _accepted(listener: socket.socket, starter: subprocess.Popen[bytes] | None) -> socket.socket:
    deadline = time.monotonic() + _PATIENCE
    listener.settimeout(0)
    complaints = starter.stderr if starter is not None else None
    with selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        if complaints is not None:
            selector.register(complaints, selectors.EVENT_READ)
        while time.monotonic() < deadline:
            ready = {key.fileobj for key, _ in selector.select(_TICK)}
            if listener in ready:
                connection, _ = listener.accept()
                if starter is not None:
                    Thread(target=starter.wait, daemon=True).start()  # leave no zombie
                return connection
            if starter is not None and complaints is not None and complaints in ready:
                selector.unregister(complaints)
                _refuse_failed(starter)
    raise NoWorker(f"the worker did not come within {_PATIENCE:.0f} s")


def _refuse_failed(starter: subprocess.Popen[bytes]) -> None:
    _, said = starter.communicate()
    if starter.returncode:
        raise NoWorker(f"systemd-run refused: {said.decode('utf-8', 'replace').strip()}")
