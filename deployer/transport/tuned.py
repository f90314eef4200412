"""Paramiko's Transport with what it lacks: no Nagle, dead peers noticed, strong ciphers first."""

import logging
import socket
import struct
import sys
import time
from collections.abc import Iterable, Mapping

import paramiko
from paramiko.common import MSG_CHANNEL_DATA, MSG_CHANNEL_REQUEST, cMSG_CHANNEL_REQUEST

KEEPALIVE = {"TCP_KEEPIDLE": 5, "TCP_KEEPINTVL": 3, "TCP_KEEPCNT": 2, "TCP_USER_TIMEOUT": 10_000}
"""Seconds, seconds, probes, milliseconds; each only where the system has it (tcp(7)).

With the beat of an open run every 2 s a dead link is noticed within 12 s, and one that was cut
for 5 s goes on. An SSH keepalive alone notices nothing: Paramiko does not wait for the answer
(paramiko #2463).
"""

FRESH = 8.0
"""Seconds: without anything to send, the kernel asks every 5 s whether the other end is there."""

LAST_ACK = struct.Struct("56xI")
"""Where `tcp_info` of Linux has `tcpi_last_ack_recv`, milliseconds (linux/tcp.h)."""

CHANNEL_TIMEOUT = 30.0
"""Seconds for a channel to open; Paramiko would wait an hour."""

INTERNET = (socket.AF_INET, socket.AF_INET6)
CERTIFICATE = "-cert-v01@openssh.com"


def _handle_request(channel: paramiko.Channel, message: paramiko.Message) -> None:
    request = paramiko.Message(message.get_remainder())
    if request.get_text() == "exit-signal":
        request.get_boolean()
        transport = channel.get_transport()
        if isinstance(transport, TunedTransport):
            transport.exit_signals[channel.chanid] = request.get_text()
        channel.status_event.set()
        return
    _STOCK_HANDLERS[MSG_CHANNEL_REQUEST](channel, message)


def _handle_data(channel: paramiko.Channel, message: paramiko.Message) -> None:
    transport = channel.get_transport()
    if isinstance(transport, TunedTransport):
        transport.heard_at = time.monotonic()
    _STOCK_HANDLERS[MSG_CHANNEL_DATA](channel, message)


_STOCK_HANDLERS = paramiko.Transport._channel_handler_table  # type: ignore[attr-defined] # noqa: SLF001  a contract test watches the name


class PromptSocket(socket.socket):
    """A socket that acknowledges its first answers at once.

    sshd leaves Nagle on until a program has started, so it holds back the answer to the first
    channel until our delayed acknowledgement arrives: 40 ms on every connection (measured).
    """

    prompt_reads = 64

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        data = super().recv(size, flags)
        if self.prompt_reads > 0 and hasattr(socket, "TCP_QUICKACK"):
            self.prompt_reads -= 1
            self.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)  # the kernel forgets it
        return data


def connect(address: str, port: int, timeout: float) -> PromptSocket:
    """Make a TCP connection to the first address that answers; raises OSError."""
    plain = socket.create_connection((address, port), timeout)
    return PromptSocket(plain.family, plain.type, plain.proto, plain.detach())


class TunedTransport(paramiko.Transport):
    """One SSH connection."""

    _active_check_timeout = 1.0  # Paramiko wakes up ten times a second to look around
    _preferred_ciphers = (
        "aes128-gcm@openssh.com",
        "aes256-gcm@openssh.com",
        "aes128-ctr",
        "aes192-ctr",
        "aes256-ctr",
    )
    _preferred_macs = (
        "hmac-sha2-256-etm@openssh.com",
        "hmac-sha2-512-etm@openssh.com",
        "hmac-sha2-256",
        "hmac-sha2-512",
    )
    # Paramiko ignores exit-signal, so a killed program looks like a lost link (paramiko #598).
    _channel_handler_table = {  # noqa: RUF012  Paramiko's own shape
        **_STOCK_HANDLERS,
        MSG_CHANNEL_REQUEST: _handle_request,
        MSG_CHANNEL_DATA: _handle_data,
    }

    def __init__(
        self,
        sock: "socket.socket | paramiko.Channel",
        *,
        disabled_algorithms: Mapping[str, Iterable[str]] | None = None,
    ) -> None:
        # Without a handler Python prints Paramiko's thread tracebacks on stderr.
        logging.getLogger("paramiko").addHandler(logging.NullHandler())
        super().__init__(sock, disabled_algorithms=disabled_algorithms)
        self.channel_timeout = CHANNEL_TIMEOUT
        self.exit_signals: dict[int, str] = {}
        self.heard_at = time.monotonic()
        """When the host's programs last said something, read or not."""
        self._certificates_first = False
        if isinstance(sock, socket.socket) and sock.family in INTERNET:
            tune(sock)
        self.set_keepalive(5)

    def prefer(self, algorithms: tuple[str, ...], *, certificates: bool) -> None:
        """Ask for these host key algorithms first, and for host certificates before keys."""
        options = self.get_security_options()
        usual = tuple(options.key_types)
        known = tuple(name for name in algorithms if name in usual)
        options.key_types = (*known, *(name for name in usual if name not in known))
        self._certificates_first = certificates

    @property
    def preferred_keys(self) -> tuple[str, ...]:
        names = tuple(super().preferred_keys)
        if self._certificates_first:
            return tuple(sorted(names, key=lambda name: not name.endswith(CERTIFICATE)))
        return names


def tune(sock: socket.socket) -> None:
    """Send small packets at once, and notice within seconds that the other end is gone."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEEPALIVE.items():
        option: int | None = getattr(socket, name, None)
        if option is not None:
            sock.setsockopt(socket.IPPROTO_TCP, option, value)


def acknowledged(sock: "socket.socket | paramiko.Channel") -> bool:
    """Whether the other end's TCP was heard just now; false where nobody can tell.

    A jump host's says nothing about the host behind it, and that link is a channel, no socket.
    """
    if not isinstance(sock, socket.socket) or sock.family not in INTERNET:
        return False
    option: int | None = getattr(socket, "TCP_INFO", None)
    if option is None or sys.platform != "linux":
        return False
    try:
        told = sock.getsockopt(socket.IPPROTO_TCP, option, LAST_ACK.size)
    except OSError:
        return False
    return len(told) == LAST_ACK.size and LAST_ACK.unpack(told)[0] < FRESH * 1000


def request_exec(channel: paramiko.Channel, command: str) -> None:
    """Ask for a program without waiting for the answer: a refusal closes the channel.

    Paramiko's `exec_command` waits a round trip, and without a limit (paramiko #739).
    """
    message = paramiko.Message()
    message.add_byte(cMSG_CHANNEL_REQUEST)
    message.add_int(channel.remote_chanid)
    message.add_string("exec")
    message.add_boolean(True)  # noqa: FBT003  the SSH field `want reply`
    message.add_string(command)
    channel.get_transport()._send_user_message(message)  # type: ignore[attr-defined] # noqa: SLF001  a contract test watches the name
