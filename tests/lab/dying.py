"""A controller that kills itself in the middle of its confirms, as SIGKILL would at that moment.

`python -m tests.lab.dying look|decided FOLDER REVISION LIMIT` deploys from a project's folder.
"""

import os
import signal
import sys
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from deployer.api.deploy import deploy
from deployer.api.environment import Environment
from deployer.api.perform import UseCase, perform, transport_for, with_sessions
from deployer.api.place import Place
from deployer.api.request import Request
from deployer.api.running import Ending
from deployer.api.sessions import address
from deployer.core.outside import Door, Seen
from deployer.core.transport import Channel, Completed, Counts, HostAddress, Message, Transport


def die() -> None:
    """Be gone at once."""
    os.kill(os.getpid(), signal.SIGKILL)


class UntilTheDecision:
    """A channel whose controller dies when the first host says that it has committed."""

    def __init__(self, inner: Channel) -> None:
        self._inner = inner

    @property
    def counts(self) -> Counts:
        return self._inner.counts

    def send(self, message: Message, blobs: Sequence[bytes] = ()) -> None:
        self._inner.send(message, blobs)

    def receive(self, timeout: float) -> Message:
        message = self._inner.receive(timeout)
        if message.get("event") == "verdict":
            die()
        return message

    def keep_alive(self) -> None:
        self._inner.keep_alive()

    def close(self) -> None:
        self._inner.close()


class Dying:
    """A transport of such channels."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner

    def open(self, host: HostAddress) -> Channel:
        return UntilTheDecision(self._inner.open(host))

    def bootstrap(
        self, host: HostAddress, script: bytes, payload: bytes, timeout: float
    ) -> Completed:
        return self._inner.bootstrap(host, script, payload, timeout)


def connect(at: Environment, use_case: UseCase) -> Ending:
    addresses = tuple(address(at.inventory, host) for host in at.hosts)
    return with_sessions(at, Dying(transport_for(at)), addresses, use_case)


class DeadlyKnock:
    """Dies at the look from outside, not at the one before the run."""

    def __init__(self) -> None:
        self._knocks = count()

    def __call__(self, address: str, door: Door) -> Seen:
        if next(self._knocks) > 0:
            die()
        return Seen(200)


def main(moment: str, folder: str, revision: str, limit: str) -> int:
    """Deploy and die."""
    knock = DeadlyKnock() if moment == "look" else None
    place = Place(Path(folder), dict(os.environ), sys.stdout, sys.stderr, None, knock=knock)
    request = Request("deploy", "lab", revision, limit, output="plain", yes=True, unfreeze=True)
    return perform(place, request, deploy, connect=connect)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
