"""A program on a host as a stream of bytes: one exec channel of an SSH connection."""

import time
from contextlib import suppress

import paramiko

from deployer.core.transport import Completed
from deployer.errors import ConnectionLost
from deployer.transport.agent_channel import told
from deployer.transport.framing import Tail
from deployer.transport.line import Line
from deployer.transport.streams import Ending
from deployer.transport.tuned import TunedTransport, acknowledged, request_exec

STUCK = 15.0
"""Seconds without progress after which a writer gives up."""

SLICE = 1.0
"""Seconds between looks at stderr: left unread it would fill the window and stop the program."""

LAST_WORDS = 2.0
"""Seconds to wait for the exit status after the output has ended."""

CHUNK = 1 << 18
GONE = (paramiko.SSHException, OSError, EOFError)
"""What Paramiko raises when it sends on a link that is dead and not yet known to be."""


class ExecStream:
    """Reads and writes a program's output and input; closing it closes the connection."""

    def __init__(self, connection: Line, channel: paramiko.Channel) -> None:
        self._connection = connection
        self._channel = channel
        self._complaint = Tail()

    @classmethod
    def start(cls, connection: Line, command: str) -> "ExecStream":
        """Start a program; raises ConnectionLost."""
        try:
            channel = connection.transport.open_session()
            request_exec(channel, command)
        except GONE as error:
            connection.close()
            name = connection.host_address.name
            raise ConnectionLost(
                f"Host `{name}` let us in but did not open a session: {error}.",
                host=name,
                hint="Read the host's SSH log (`journalctl -u ssh`); see `MaxSessions`.",
            ) from error
        return cls(connection, channel)

    def write(self, data: bytes) -> None:
        self._channel.settimeout(STUCK)
        view = memoryview(data)
        try:
            while view:
                view = view[self._channel.send(bytes(view[:CHUNK])) :]
        except TimeoutError:
            raise
        except (OSError, paramiko.SSHException) as error:
            raise EOFError from error

    def read(self, timeout: float) -> bytes:
        ends = time.monotonic() + timeout
        while True:
            self._listen()
            left = ends - time.monotonic()
            self._channel.settimeout(max(0.0, min(left, SLICE)))
            try:
                return self._channel.recv(1 << 20)
            except TimeoutError:
                if left <= 0:
                    raise
            except (OSError, paramiko.SSHException) as error:
                raise EOFError from error

    def silence(self) -> float:
        transport = self._connection.transport
        heard = transport.heard_at if isinstance(transport, TunedTransport) else time.monotonic()
        return time.monotonic() - heard

    def acknowledges(self) -> bool:
        transport = self._connection.transport
        return isinstance(transport, TunedTransport) and acknowledged(transport.sock)

    def ending(self) -> Ending:
        self._channel.status_event.wait(LAST_WORDS)
        with suppress(*GONE):
            self._listen()
        transport = self._connection.transport
        signals = transport.exit_signals if isinstance(transport, TunedTransport) else {}
        signal = signals.get(self._channel.chanid, "")
        code = self._channel.exit_status
        return Ending(None if signal or code < 0 else code, signal, self._complaint.text())

    def complete(self, payload: bytes, ends: float) -> Completed:
        """Send the input and wait for the end; raises TimeoutError at `ends`, ConnectionLost."""
        self._complaint = Tail(1 << 20)
        try:
            self.write(payload)
        except EOFError:
            pass  # it ended without reading everything; its exit code tells
        else:
            # sshd drops the connection if EOF follows CLOSE (paramiko #1115): the program reads
            # to the end of its input, so it cannot have closed by itself yet.
            with suppress(*GONE):
                self._channel.shutdown_write()
        output = []
        with suppress(EOFError):
            while data := self.read(ends - time.monotonic()):
                output.append(data)
        ending = self.ending()
        if ending.exit_code is None:
            name = self._connection.host_address.name
            raise ConnectionLost(
                f"The connection to host `{name}` was lost during its set-up{told(ending)}.",
                host=name,
                hint="Run `inv setup` again; it carries on where it stopped.",
            )
        return Completed(ending.exit_code, b"".join(output), self._complaint.data)

    def close(self) -> None:
        with suppress(*GONE):  # it says goodbye, which nobody may be there to hear
            self._channel.close()
        self._connection.close()

    def _listen(self) -> None:
        while self._channel.recv_stderr_ready():
            self._complaint.feed(self._channel.recv_stderr(CHUNK))
