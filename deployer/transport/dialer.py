"""Connects to hosts: resolves, waits for its turn, tries again before login, uses jump hosts."""

import os
import secrets
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING

import paramiko

from deployer.core.transport import HostAddress
from deployer.errors import HostUnreachable
from deployer.transport import known_hosts
from deployer.transport.attempt import Attempt
from deployer.transport.authentication import Login
from deployer.transport.gate import Gate, Gates
from deployer.transport.gateways import Gateways
from deployer.transport.host_keys import Verifier, from_entries, pinned
from deployer.transport.identities import KeyRing
from deployer.transport.line import Line, Opened
from deployer.transport.openssh import Resolved, hop, resolve
from deployer.transport.ssh_config import files, is_the_same_for_all
from deployer.transport.tuned import connect

if TYPE_CHECKING:
    from deployer.transport.connection import HostConnection

CROWD = 32
"""Hosts that are connected to at once: each costs our processor some milliseconds."""
PAUSES = (0.4, 1.2)
"""Seconds before the second and the third try; jittered by half.

A host whose sshd turns us away before it greets (MaxStartups) is tried on until its time is up.
"""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a connection takes from the machine it is made on."""

    environment: Mapping[str, str]
    known_hosts: Path | None = None
    """The project's own file."""
    ssh: str = "ssh"
    ssh_config: str = ""
    """A file that stands in for the user's and the system's ssh_config."""


@dataclass
class Dialer:
    """Opens connections; shared by all threads of a run."""

    around: Surroundings
    gates: Gates = field(default_factory=Gates)
    crowd: Gate = field(default_factory=lambda: Gate(CROWD))
    ring: KeyRing = field(default_factory=KeyRing)
    gateways: Gateways = field(default_factory=Gateways)
    answers: dict[HostAddress, Resolved] = field(default_factory=dict)
    common: dict[tuple[str, int], Resolved | None] = field(default_factory=dict)
    asking: threading.Lock = field(default_factory=threading.Lock)
    files: dict[Path, tuple[known_hosts.Entry, ...]] = field(default_factory=dict)

    def line(self, host: HostAddress) -> Line:
        """Give a line that opens when it is told to."""
        return Line(host, self.dial)

    def connection(self, host: HostAddress) -> "HostConnection":
        """Give a connection for hooks and user tasks; it opens at its first use."""
        from deployer.transport.connection import HostConnection  # noqa: PLC0415  Fabric is slow

        return HostConnection(host, self.dial)

    def resolved(self, host: HostAddress) -> Resolved:
        """Give what ssh_config says about a host; a question costs a process (5 ms)."""
        if host not in self.answers:
            self.answers[host] = self._as_for_all(host) or self._asked(host)
        return self.answers[host]

    def _asked(self, host: HostAddress) -> Resolved:
        around = self.around
        return resolve(host, around.environment, program=around.ssh, config=around.ssh_config)

    def _as_for_all(self, host: HostAddress) -> Resolved | None:
        """Give the answer of another host, where ssh_config makes no difference between them."""
        if not self.is_plain or host.address != host.address.lower():
            return None
        kind = (host.user, host.port)
        with self.asking:
            if kind not in self.common:
                found = self._asked(host)
                self.common[kind] = found if found.hostname == host.address else None
            found_for_all = self.common[kind]
        return found_for_all and replace(found_for_all, hostname=host.address)

    @cached_property
    def is_plain(self) -> bool:
        """Whether ssh_config says the same about all hosts."""
        return is_the_same_for_all(files(self.around.ssh_config, os.getuid()))

    def verifier(self, host: HostAddress, resolved: Resolved) -> Verifier:
        """Give what we know about a host's keys."""
        names = tuple(dict.fromkeys((resolved.name, host.address)))
        project = self.around.known_hosts
        files = () if project is None else (project,)
        sources = (
            from_entries(f"`{project}`", self._entries(files), names, resolved.port),
            from_entries(
                "your known_hosts files",
                self._entries(resolved.known_hosts),
                (resolved.name,),
                resolved.port,
            ),
        )
        return Verifier(host, (pinned(host), *sources))

    def dial(self, connection: Opened) -> None:
        """Connect and log in; raises a HostError."""
        host: HostAddress = connection.host_address
        resolved = self.resolved(host)
        gateway = self.gateway(host, resolved)
        try:
            client = self._persist(host, resolved, gateway)
        except BaseException:
            self.gateways.release(gateway)
            raise
        connection.attach(client, lambda: self.gateways.release(gateway))

    def gateway(self, host: HostAddress, resolved: Resolved) -> Line | None:
        """Open, or share, the connection to the last jump host; None if there is no jump."""
        jump = host.jump
        if jump is None:
            for words in resolved.jumps:
                step = hop(words, host.connect_timeout)
                jump = HostAddress(
                    name=f"{step.name} (jump host of {host.name})",
                    address=step.address,
                    port=step.port,
                    user=step.user,
                    jump=jump,
                    connect_timeout=host.connect_timeout,
                )
        return None if jump is None else self.gateways.acquire(jump, self.line)

    def link(
        self, host: HostAddress, resolved: Resolved, gateway: Line | None
    ) -> "socket.socket | paramiko.Channel":
        """Reach the host's sshd, directly or through a jump host."""
        place = (resolved.hostname, resolved.port)
        if gateway is None:
            return connect(*place, host.connect_timeout)
        transport: paramiko.Transport = gateway.transport
        return transport.open_channel("direct-tcpip", place, ("", 0), timeout=host.connect_timeout)

    def _persist(
        self, host: HostAddress, resolved: Resolved, gateway: Line | None
    ) -> paramiko.SSHClient:
        gate = self.gates.at(resolved.hostname, resolved.port)
        verifier, login = self.verifier(host, resolved), self._login(host, resolved)
        ends = 0.0
        for pause in chain(PAUSES, repeat(None)):
            attempt = Attempt(host, resolved.name, verifier, login)
            try:
                with gate.passage(), self.crowd.passage():
                    # To wait for one's turn, in a large fleet, is no trouble of the host.
                    ends = ends or time.monotonic() + host.connect_timeout
                    return attempt.connect(lambda: self.link(host, resolved, gateway))
            except (paramiko.SSHException, OSError, EOFError) as error:
                is_last = pause is None and not attempt.turned_away
                is_last = is_last or time.monotonic() > ends
                if is_last or attempt.verified or not passing(error):
                    raise unreachable(host, resolved, error) from error
            gate.narrow()
            jitter = secrets.SystemRandom().uniform(0.5, 1.5)
            time.sleep((pause or PAUSES[-1]) * jitter)  # noqa: TID251  a real host needs real time
        raise AssertionError

    def _login(self, host: HostAddress, resolved: Resolved) -> Login:
        paths = (Path(host.identity).expanduser(),) if host.identity else resolved.identities
        identities = tuple(map(self.ring.at, paths))
        only = bool(host.identity) or resolved.identities_only
        return Login(host, resolved.user, identities, agent=resolved.agent, only=only)

    def _entries(self, paths: tuple[Path, ...]) -> tuple[known_hosts.Entry, ...]:
        for path in paths:
            if path not in self.files:
                self.files[path] = known_hosts.read(path)
        return tuple(entry for path in paths for entry in self.files[path])


def passing(error: Exception) -> bool:
    """Whether the same connect may well succeed in a moment."""
    lasting = (
        socket.gaierror,
        ConnectionRefusedError,
        paramiko.ChannelException,
        paramiko.ssh_exception.IncompatiblePeer,
    )
    return not isinstance(error, lasting)


def unreachable(host: HostAddress, resolved: Resolved, error: Exception) -> HostUnreachable:
    """Say why a host could not be reached."""
    why = getattr(error, "strerror", None) or str(error) or type(error).__name__
    checks = (
        "Check the address, the port, the firewall, and that sshd runs: "
        f"`ssh -v -p {resolved.port} {resolved.hostname}`."
    )
    proxied = (
        "Your ssh_config has a `ProxyCommand` for it, which is not used here: name a jump host "
        "(`ssh.jump` in the inventory, or `ProxyJump`)."
    )
    return HostUnreachable(
        f"Host `{host.name}` cannot be reached at `{resolved.hostname}` port {resolved.port}: "
        f"{why.rstrip('.')}.",
        host=host.name,
        hint=proxied if resolved.proxy_command and host.jump is None else checks,
    )
