"""One try to connect: socket, handshake, host key, login."""

import socket
import time
from collections.abc import Callable, Iterable, Mapping

import paramiko

from deployer.core.transport import HostAddress
from deployer.errors import HostKeyChanged
from deployer.transport.authentication import Login
from deployer.transport.certificates import offer
from deployer.transport.host_keys import Verifier
from deployer.transport.tuned import CERTIFICATE, CHANNEL_TIMEOUT, TunedTransport

BANNER_TIMEOUT = 15.0
LOGIN_TIMEOUT = 30.0

Socket = Callable[[], "socket.socket | paramiko.Channel"]
"""Makes the link to the host's sshd; raises OSError or SSHException."""


Algorithms = Mapping[str, Iterable[str]] | None


class Attempt(paramiko.MissingHostKeyPolicy):
    """Connects once; `verified` tells whether the host had proven itself when it failed.

    Paramiko's own stores of keys stay empty, so it asks this policy every time.
    """

    def __init__(self, host: HostAddress, name: str, verifier: Verifier, login: Login) -> None:
        self._host = host
        self._name = name
        self._verifier = verifier
        self._login = login
        self.verified = False
        self.turned_away = False
        """Whether the last try ended after the connect, before sshd greeted: it is too busy."""

    def connect(self, link: Socket) -> paramiko.SSHClient:
        """Give a client that is logged in; raises HostError, SSHException, OSError, EOFError."""
        excluded: list[str] = []
        wrong: HostKeyChanged | None = None
        while True:
            try:
                return self._once(link, excluded)
            except HostKeyChanged as error:
                if not self._verifier.knows_fingerprints_only:
                    raise
                wrong = wrong or error
            except paramiko.ssh_exception.IncompatiblePeer:
                if wrong is not None:
                    raise wrong from None
                raise

    def missing_host_key(
        self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey
    ) -> None:
        # certificates are dated by the wall clock of this machine
        self._verifier.verify(offer(key, self._name, time.time()))
        self.verified = True

    def _once(self, link: Socket, excluded: list[str]) -> paramiko.SSHClient:
        client = paramiko.SSHClient()
        client.set_missing_host_key_policy(self)
        self.turned_away = False
        sock = link()
        try:
            client.connect(
                self._name,
                username=self._login.user,
                sock=sock,
                timeout=self._host.connect_timeout,
                banner_timeout=BANNER_TIMEOUT,
                auth_timeout=LOGIN_TIMEOUT,
                channel_timeout=CHANNEL_TIMEOUT,
                disabled_algorithms={"keys": tuple(excluded)},
                transport_factory=self._transport,  # type: ignore[arg-type]  # stubs still name GSSAPI
                auth_strategy=self._login,  # type: ignore[arg-type]  # Paramiko calls only `authenticate`
            )
        except BaseException:
            excluded += negotiated(client)
            self.turned_away = not greeted(client)
            client.close()
            sock.close()
            raise
        return client

    def _transport(
        self, sock: "socket.socket | paramiko.Channel", disabled_algorithms: Algorithms
    ) -> TunedTransport:
        transport = TunedTransport(sock, disabled_algorithms=disabled_algorithms)
        transport.prefer(self._verifier.algorithms, certificates=self._verifier.trusts_authorities)
        return transport


def greeted(client: paramiko.SSHClient) -> bool:
    """Tell whether the other side said which SSH it speaks."""
    transport = client.get_transport()
    return transport is not None and bool(transport.remote_version)


def negotiated(client: paramiko.SSHClient) -> list[str]:
    """Give the host key algorithm that a client agreed on, if it came that far."""
    transport = client.get_transport()
    name: str | None = getattr(transport, "host_key_type", None)
    return [] if name is None else [name.removesuffix(CERTIFICATE)]
