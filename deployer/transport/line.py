"""A connection to one host for our own conversations; what hooks and user tasks get is Fabric's.

Fabric's costs milliseconds for each host, most of them for settings that we do not have.
"""

import threading
from collections.abc import Callable
from typing import Protocol

import paramiko

from deployer.core.transport import HostAddress
from deployer.errors import ConnectionLost, HostError


class Opened(Protocol):
    """What a dialer connects: a line, or a connection of Fabric's."""

    @property
    def host_address(self) -> HostAddress: ...

    def attach(self, client: paramiko.SSHClient, on_close: Callable[[], None]) -> None:
        """Take the client that was connected, and what to do when it is closed."""
        ...


Dial = Callable[[Opened], None]
"""Connects and logs in; raises a HostError."""


class Line:
    """A connection to one host. It is never opened again after it was lost."""

    def __init__(self, address: HostAddress, dial: Dial) -> None:
        self.host_address = address
        self._dial = dial
        self._opening = threading.Lock()
        self._client: paramiko.SSHClient | None = None
        self._on_close: Callable[[], None] | None = None
        self._failed: HostError | None = None

    @property
    def transport(self) -> paramiko.Transport:
        """Give the SSH transport of the open line; raises ConnectionLost."""
        found = None if self._client is None else self._client.get_transport()
        if found is None:
            raise lost(self.host_address.name)
        return found

    @property
    def is_lost(self) -> bool:
        """Whether it was open and is no more, or could not be opened."""
        return bool(self._client or self._failed) and not self._is_connected

    def open(self) -> None:
        """Connect, unless it is connected already; raises a HostError.

        Who waited meanwhile meets the same error: a jump host that is away is tried once, not
        once for each host behind it.
        """
        with self._opening:
            if self._is_connected:
                return
            if self._failed is not None:
                raise self._failed
            if self._client is not None:
                raise lost(self.host_address.name)
            try:
                self._dial(self)
            except HostError as error:
                self._failed = error
                raise

    def attach(self, client: paramiko.SSHClient, on_close: Callable[[], None]) -> None:
        """Take the client that was connected, and what to do when it is closed."""
        self._client, self._on_close = client, on_close

    def close(self) -> None:
        """Hang up; safe to call twice."""
        with self._opening:
            if self._client is not None:
                self._client.close()
            finish, self._on_close = self._on_close, None
        if finish is not None:
            finish()

    @property
    def _is_connected(self) -> bool:
        transport = None if self._client is None else self._client.get_transport()
        return transport is not None and transport.is_active()


def lost(host: str) -> ConnectionLost:
    """Say that a connection was lost, and what to do."""
    return ConnectionLost(
        f"The connection to host `{host}` was lost.",
        host=host,
        hint="Run `inv status` to see what the host did, then try again.",
    )
