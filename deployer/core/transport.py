"""How the engine talks to the agent on one host; implemented in `deployer.transport`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

Message = Mapping[str, object]
"""One JSON object."""


@dataclass(frozen=True, slots=True)
class HostAddress:
    """Where a host is and how to prove that it is the right one."""

    name: str
    address: str
    port: int = 22
    user: str = "deploy"
    identity: str = ""
    host_keys: tuple[str, ...] = ()
    host_ca: tuple[str, ...] = ()
    jump: "HostAddress | None" = None
    connect_timeout: float = 10.0


@dataclass(frozen=True, slots=True)
class Counts:
    """What a conversation has cost so far."""

    connections: int = 0
    channels: int = 0
    messages_sent: int = 0
    messages_received: int = 0
    round_trips: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0


@dataclass(frozen=True, slots=True)
class Completed:
    """How a program on a host ended."""

    exit_code: int
    stdout: bytes
    stderr: bytes


class Channel(Protocol):
    """A conversation with the agent on one host: one SSH connection, one exec channel."""

    @property
    def counts(self) -> Counts:
        """Connections, messages and round trips so far."""
        ...

    def send(self, message: Message, blobs: Sequence[bytes] = ()) -> None:
        """Write one JSON line, then the blobs back to back; raises ConnectionLost."""
        ...

    def receive(self, timeout: float) -> Message:
        """Give the agent's next message; raises ConnectionLost or HostTimeout (seconds)."""
        ...

    def keep_alive(self) -> None:
        """From now on beat, and take a host for lost that is silent for long; see `tick`."""
        ...

    def close(self) -> None:
        """End the conversation; safe to call twice."""
        ...


class Transport(Protocol):
    """Opens conversations."""

    def open(self, host: HostAddress) -> Channel:
        """Connect and start the agent; raises a HostError that says what is wrong."""
        ...

    def bootstrap(
        self, host: HostAddress, script: bytes, payload: bytes, timeout: float
    ) -> Completed:
        """Run a fixed script on a bare host as `host.user`, with the payload on its stdin."""
        ...
