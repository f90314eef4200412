"""The agent as a program on this machine: for tests and for an app that lives here."""

import contextlib
import os
import selectors
import subprocess
import time
from collections.abc import Callable, Mapping
from typing import IO

from deployer.core.transport import Channel, Completed, Counts, HostAddress
from deployer.errors import AgentMissing, HostTimeout
from deployer.transport.agent_channel import SETUP_HINT, AgentChannel
from deployer.transport.framing import Tail
from deployer.transport.streams import Ending

STUCK = 60.0
"""Seconds without progress after which a writer gives up."""


class LocalTransport:
    """Starts the agent with the words that `start` gives for a host."""

    def __init__(
        self,
        start: Callable[[HostAddress], tuple[str, ...]],
        *,
        environment: Mapping[str, str] | None = None,
        hello_timeout: float = 30.0,
    ) -> None:
        self._start = start
        self._environment = environment
        self._hello_timeout = hello_timeout

    def open(self, host: HostAddress) -> Channel:
        words = self._start(host)
        try:
            program = subprocess.Popen(  # noqa: S603  words of our own, never a shell
                words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self._environment,
                bufsize=0,
            )
        except OSError as error:
            raise AgentMissing(
                f"Host `{host.name}` cannot start `{words[0]}`: {error.strerror}.",
                host=host.name,
                hint=SETUP_HINT,
            ) from error
        stream = PipeStream(program)
        channel = AgentChannel(host.name, stream, Counts(connections=1, channels=1))
        try:
            channel.greet(self._hello_timeout)
        except BaseException:
            stream.close()
            raise
        return channel

    def bootstrap(
        self, host: HostAddress, script: bytes, payload: bytes, timeout: float
    ) -> Completed:
        try:
            done = subprocess.run(  # noqa: S603  the script is a fixed file of ours
                ("/bin/sh", "-c", script.decode()),
                input=payload,
                capture_output=True,
                timeout=timeout,
                env=self._environment,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise HostTimeout(
                f"The set-up of host `{host.name}` took longer than {timeout:.0f} s.",
                host=host.name,
                hint="Run `inv setup` again; it carries on where it stopped.",
            ) from error
        return Completed(done.returncode, done.stdout, done.stderr)


class PipeStream:
    """The pipes of a local program; reads while it writes, so that neither side can block."""

    def __init__(self, program: "subprocess.Popen[bytes]") -> None:
        self._program = program
        self._early: list[bytes] = []
        self._complaint = Tail()
        self._in = _present(program.stdin)
        self._out = _present(program.stdout)
        self._err = _present(program.stderr)
        os.set_blocking(self._in.fileno(), False)
        self._selector = selectors.DefaultSelector()
        for pipe in (self._out, self._err):
            self._selector.register(pipe, selectors.EVENT_READ)

    def write(self, data: bytes) -> None:
        if self._in.closed:
            raise EOFError
        self._selector.register(self._in, selectors.EVENT_WRITE)
        try:
            view = memoryview(data)
            while view:
                ready = self._ready(STUCK)
                if self._in in ready:
                    view = view[os.write(self._in.fileno(), view[:65536]) :]
                self._collect(ready)
        except BrokenPipeError as error:
            raise EOFError from error
        finally:
            self._selector.unregister(self._in)

    def read(self, timeout: float) -> bytes:
        ends = time.monotonic() + timeout
        while not self._early:
            if self._out.closed:
                return b""
            self._collect(self._ready(ends - time.monotonic()))
        data = b"".join(self._early)
        self._early.clear()
        return data

    def silence(self) -> float:
        return 0.0  # there is no link that could be lost

    def acknowledges(self) -> bool:
        return True

    def ending(self) -> Ending:
        try:
            code = self._program.wait(2.0)
        except subprocess.TimeoutExpired:
            return Ending(complaint=self._complaint.text())
        with contextlib.suppress(TimeoutError):
            while not self._err.closed:
                self._collect(self._ready(0.2))
        signal = str(-code) if code < 0 else ""
        return Ending(None if signal else code, signal, self._complaint.text())

    def close(self) -> None:
        if not self._in.closed:
            self._in.close()
        try:
            self._program.wait(2.0)
        except subprocess.TimeoutExpired:
            self._program.kill()
            self._program.wait()
        self._selector.close()
        self._out.close()
        self._err.close()

    def _ready(self, timeout: float) -> "tuple[IO[bytes], ...]":
        found = self._selector.select(max(0.0, timeout))
        if not found:
            raise TimeoutError
        pipes = (self._in, self._out, self._err)
        return tuple(pipe for pipe in pipes for key, _ in found if key.fileobj is pipe)

    def _collect(self, ready: "tuple[IO[bytes], ...]") -> None:
        for pipe, keep in ((self._out, self._early.append), (self._err, self._complaint.feed)):
            if pipe in ready:
                data = os.read(pipe.fileno(), 1 << 20)
                if data:
                    keep(data)
                else:
                    self._selector.unregister(pipe)
                    pipe.close()


def _present(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ValueError
    return pipe
