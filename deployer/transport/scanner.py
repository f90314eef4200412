"""Fetches the keys that a host offers, without logging in (as ssh-keyscan does)."""

import paramiko

from deployer.core.transport import HostAddress
from deployer.errors import HostUnreachable
from deployer.transport.dialer import Dialer, unreachable
from deployer.transport.known_hosts import HostKey
from deployer.transport.line import Line
from deployer.transport.openssh import Resolved
from deployer.transport.tuned import TunedTransport

KINDS = (
    ("ssh-ed25519",),
    ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"),
    ("rsa-sha2-512", "rsa-sha2-256"),
)


def scan(dialer: Dialer, host: HostAddress, timeout: float) -> tuple[HostKey, ...]:
    """Give one key of each kind that the host has; a jump host on the way is verified."""
    resolved = dialer.resolved(host)
    gateway = dialer.gateway(host, resolved)
    try:
        found = (_fetch(dialer, host, resolved, gateway, kinds, timeout) for kinds in KINDS)
        keys = tuple(key for key in found if key is not None)
    finally:
        dialer.gateways.release(gateway)
    if not keys:
        raise HostUnreachable(
            f"Host `{host.name}` offers no host key that we can use.",
            host=host.name,
            hint="Make an Ed25519 host key on the host: `ssh-keygen -A`.",
        )
    return keys


def _fetch(
    dialer: Dialer,
    host: HostAddress,
    resolved: Resolved,
    gateway: Line | None,
    kinds: tuple[str, ...],
    timeout: float,
) -> HostKey | None:
    try:
        with dialer.gates.at(resolved.hostname, resolved.port).passage():
            sock = dialer.link(host, resolved, gateway)
            transport = TunedTransport(sock)
            try:
                transport.get_security_options().key_types = kinds
                transport.start_client(timeout=timeout)
                key = transport.get_remote_server_key()
            finally:
                transport.close()
    except paramiko.ssh_exception.IncompatiblePeer:
        return None
    except (paramiko.SSHException, OSError, EOFError) as error:
        raise unreachable(host, resolved, error) from error
    return HostKey(key.get_name(), key.get_base64())
