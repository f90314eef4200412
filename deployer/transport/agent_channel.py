"""A conversation with the agent over any two-way stream of bytes."""

import dataclasses
import threading
import time
from collections.abc import Sequence

from deployer.core.transport import Counts, Message
from deployer.errors import (
    AgentMissing,
    ConnectionLost,
    HostError,
    HostTimeout,
    InternalError,
    SudoRefused,
)
from deployer.transport.framing import LONGEST_LINE, Lines, decode, encode, pieces
from deployer.transport.pulse import SILENCE, STALLED, Pulse
from deployer.transport.streams import Ending, Stream

NOISE_LIMIT = 64 * 1024
"""Bytes that a login may print before the agent's first line."""

NOT_RUNNABLE = (126, 127)
"""What a shell answers for a program that cannot be run, or is not there."""

SETUP_HINT = "Run `inv setup --env ENV` to install the agent and its sudo rule, then try again."


class AgentChannel:
    """Messages over a stream; the first one received is the agent's hello."""

    def __init__(self, host: str, stream: Stream, counts: Counts) -> None:
        self._host = host
        self._stream = stream
        self._counts = dataclasses.asdict(counts)
        self._lines = Lines()
        self._hello: Message | None = None
        self._asked = False
        self._sending = threading.Lock()
        self._pulse: Pulse | None = None
        self._ticks = False

    @property
    def counts(self) -> Counts:
        return Counts(**self._counts)

    def greet(self, timeout: float) -> None:
        """Wait for the agent's hello, past a noisy login; raises SudoRefused or AgentMissing."""
        ends = time.monotonic() + timeout
        noise = 0
        while noise <= NOISE_LIMIT:
            line = self._line(ends)
            if line is None:
                raise not_started(self._host, self._stream.ending())
            message = decode(line)
            if message is not None and "hello" in message:
                self._hello = message
                return
            noise += len(line) + 1
        raise AgentMissing(
            f"Host `{self._host}` printed more than {NOISE_LIMIT // 1024} KiB and no agent spoke.",
            host=self._host,
            hint="Silence the login files of the SSH user (`.bashrc`) for non-interactive shells.",
        )

    def send(self, message: Message, blobs: Sequence[bytes] = ()) -> None:
        line = encode(message, blobs)
        try:
            with self._sending:
                for piece in pieces(line, blobs):
                    self._stream.write(piece)
        except TimeoutError as error:
            raise HostTimeout(
                f"Host `{self._host}` stopped reading what we send.",
                host=self._host,
                hint="Run `inv status` to see what the host did; look at its load and disks.",
            ) from error
        except EOFError as error:
            raise self._lost() from error
        self._asked = True
        self._count(messages_sent=1, bytes_sent=len(line) + sum(map(len, blobs)))

    def receive(self, timeout: float) -> Message:
        if self._hello is not None:
            message, self._hello = self._hello, None
            return self._received(message)
        line = self._line(time.monotonic() + timeout)
        if line is None:
            raise self._lost()
        answer = decode(line)
        if answer is None:
            raise InternalError(
                f"The agent on host `{self._host}` sent a line that is not a JSON object: "
                f"`{line[:200].decode('utf-8', 'replace')}`.",
                hint="Run `inv setup --env ENV` to bring the agent up to date, or report this bug.",
            )
        return self._received(answer)

    def keep_alive(self) -> None:
        if self._pulse is None:
            self._pulse = Pulse(self._stream, self._sending)
            self._pulse.start()

    def close(self) -> None:
        if self._pulse is not None:
            self._pulse.stop()
        self._stream.close()

    def _received(self, message: Message) -> Message:
        # Ticks begin when the worker is up, and end where it was refused. A host that dies before
        # the first one comes must be missed as well.
        event = message.get("event")
        self._ticks = event in ("begun", "tick") or (self._ticks and event != "refused")
        self._count(messages_received=1, round_trips=1 if self._asked else 0)
        self._asked = False
        return message

    def _line(self, ends: float) -> bytes | None:
        while (line := self._lines.pop()) is None:
            if len(self._lines) > LONGEST_LINE:
                raise InternalError(f"Host `{self._host}` sent a line without an end.")
            left = ends - time.monotonic()
            try:
                data = self._stream.read(min(left, SILENCE) if self._ticks else left)
            except TimeoutError as error:
                if self._ticks:
                    self._want_life(error)
                if self._ticks and left > SILENCE:
                    continue
                raise HostTimeout(
                    f"Host `{self._host}` did not answer in time.",
                    host=self._host,
                    hint="Run `inv status` to see what the host did; it puts itself right.",
                ) from error
            except EOFError:
                return None
            if not data:
                return None
            self._lines.feed(data)
            self._count(bytes_received=len(data))
        return line

    def _want_life(self, error: TimeoutError) -> None:
        silence = self._stream.silence()
        lives = silence < STALLED and self._stream.acknowledges()
        if silence < SILENCE or lives:
            return
        raise ConnectionLost(
            f"Nothing was heard from host `{self._host}` for {silence:.0f} s: the link is dead.",
            host=self._host,
            hint="Run `inv status` to read the host's journal; the host puts itself right.",
        ) from error

    def _lost(self) -> ConnectionLost:
        return ConnectionLost(
            f"The connection to the agent on host `{self._host}` was lost"
            f"{told(self._stream.ending())}; what happened there is unknown until it is asked.",
            host=self._host,
            hint="Run `inv status` to read the host's journal; the host puts itself right.",
        )

    def _count(self, **more: int) -> None:
        for name, count in more.items():
            self._counts[name] += count


def told(ending: Ending) -> str:
    """Say in a clause how a program ended; empty if nothing is known."""
    if ending.signal:
        how = f" (killed by signal {ending.signal})"
    elif ending.exit_code is not None:
        how = f" (exit code {ending.exit_code})"
    else:
        how = ""
    return f"{how}, last words `{ending.complaint[-300:]}`" if ending.complaint else how


def not_started(host: str, ending: Ending) -> HostError:
    """Tell from the last words why there was no hello: sudo refused, no agent, or no link."""
    # sudo exits with 1 for a refusal and for a missing program; only its words differ.
    last = ending.complaint.lower()
    if ending.exit_code in NOT_RUNNABLE or ("sudo:" in last and "not found" in last):
        return AgentMissing(
            f"Host `{host}` has no deployer agent{told(ending)}.", host=host, hint=SETUP_HINT
        )
    if ending.exit_code is not None and "sudo" in last:
        return SudoRefused(
            f"Host `{host}` does not let the SSH user start the agent as root{told(ending)}.",
            host=host,
            hint=SETUP_HINT,
        )
    if ending.exit_code is None and not ending.signal:
        return ConnectionLost(
            f"The connection to host `{host}` was lost before its agent spoke{told(ending)}.",
            host=host,
            hint="Try again; if it repeats, read the host's SSH log (`journalctl -u ssh`).",
        )
    return AgentMissing(
        f"The agent on host `{host}` ended before it spoke{told(ending)}.",
        host=host,
        hint=SETUP_HINT,
    )
