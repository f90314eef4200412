"""Conversations with agents over SSH. Paramiko is imported at the first connect."""

import shlex
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.core.transport import Channel, Completed, Counts, HostAddress
from deployer.errors import HostTimeout
from deployer.transport.agent_channel import AgentChannel
from deployer.transport.known_hosts import HostKey

if TYPE_CHECKING:
    from deployer.transport.connection import HostConnection
    from deployer.transport.dialer import Dialer

AGENT = ("/usr/lib/deployer/agent", "serve")

HELLO_TIMEOUT = 30.0
"""Seconds from login to the agent's first line."""


def start_agent(host: HostAddress) -> tuple[str, ...]:
    """Give the words that start the agent as root."""
    return AGENT if host.user == "root" else ("sudo", "-n", *AGENT)


class SshTransport:
    """Opens one connection and one channel for each conversation."""

    def __init__(
        self,
        environment: Mapping[str, str],
        *,
        known_hosts: Path | None = None,
        ssh_config: str = "",
        start: Callable[[HostAddress], tuple[str, ...]] = start_agent,
        hello_timeout: float = HELLO_TIMEOUT,
    ) -> None:
        self._environment = environment
        self.known_hosts = known_hosts
        self._ssh_config = ssh_config
        self._start = start
        self._hello_timeout = hello_timeout
        self._making = threading.Lock()
        self._lazy: Dialer | None = None

    def connection(self, host: HostAddress) -> "HostConnection":
        """Give a Fabric connection for hooks and user tasks; it opens at its first use."""
        return self._dialer().connection(host)

    def scan(self, host: HostAddress, timeout: float) -> tuple[HostKey, ...]:
        """Fetch the keys that a host offers, without logging in; raises HostUnreachable."""
        from deployer.transport.scanner import scan  # noqa: PLC0415  paramiko costs 130 ms

        return scan(self._dialer(), host, timeout)

    def open(self, host: HostAddress) -> Channel:
        from deployer.transport.exec_stream import ExecStream  # noqa: PLC0415  as above

        connection = self._dialer().line(host)
        connection.open()
        stream = ExecStream.start(connection, shlex.join(self._start(host)))
        channel = AgentChannel(host.name, stream, Counts(connections=1, channels=1))
        try:
            channel.greet(self._hello_timeout)
        except BaseException:
            channel.close()
            raise
        return channel

    def bootstrap(
        self, host: HostAddress, script: bytes, payload: bytes, timeout: float
    ) -> Completed:
        from deployer.transport.exec_stream import ExecStream  # noqa: PLC0415  as above

        ends = time.monotonic() + timeout
        connection = self._dialer().line(host)
        connection.open()
        stream = ExecStream.start(connection, shlex.join(("sh", "-c", script.decode())))
        try:
            return stream.complete(payload, ends)
        except TimeoutError as error:
            raise HostTimeout(
                f"The set-up of host `{host.name}` took longer than {timeout:.0f} s.",
                host=host.name,
                hint="Run `inv setup` again; it carries on where it stopped.",
            ) from error
        finally:
            stream.close()

    def _dialer(self) -> "Dialer":
        from deployer.transport.dialer import Dialer, Surroundings  # noqa: PLC0415  as above

        with self._making:  # all threads must share its gates and jump hosts
            if self._lazy is None:
                around = Surroundings(
                    self._environment, known_hosts=self.known_hosts, ssh_config=self._ssh_config
                )
                self._lazy = Dialer(around)
            return self._lazy
