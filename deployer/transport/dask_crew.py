"""What runs on a Dask worker: the connections of some hosts, and their conversations.

Dask runs the plain methods of an actor one after the other, so these are coroutines. Answers are
plain values, also for trouble: Dask would log the arguments of a call that raised.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from os import environ
from pathlib import Path
from tempfile import TemporaryDirectory

import deployer
from deployer.core.transport import Channel, Counts, HostAddress, Message
from deployer.errors import ConnectionLost, HostError, HostTimeout
from deployer.transport.ssh import SshTransport

UNHEARD = 12.0
"""Seconds without a beat after which the tool that deploys counts as gone."""
_LOOK = 1.0
_LINGER = 0.005
"""Seconds for more messages to come along with the first."""
_MOST = 200
"""Messages in one answer."""
_AT_ONCE = 512
"""Hosts that one worker talks with at the same moment."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call gave, or the error that it met: its class, sentence, host and hint."""

    value: object = None
    counts: Counts | None = None
    error: tuple[str, str, str, str] | None = None


class Crew:
    """Talks with hosts over SSH until it is told to stop, or hears no beat any more.

    Then it hangs up, and the hosts put themselves back as they do when a controller dies.
    """

    def __init__(self, known_hosts: bytes | None) -> None:
        self._folder = TemporaryDirectory(prefix="deployer-")
        path = Path(self._folder.name) / "known_hosts" if known_hosts is not None else None
        if path is not None:
            path.write_bytes(known_hosts or b"")
        self._transport = SshTransport(environ, known_hosts=path)
        self._channels: dict[int, Channel] = {}
        self._trouble: dict[int, HostError] = {}
        self._kept: dict[str, bytes] = {}
        self._opened = 0
        self._heard = time.monotonic()
        self._over = threading.Event()
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="crew")
        threading.Thread(target=self._listen_for_beats, daemon=True, name="crew-beats").start()

    async def version(self) -> str:
        """Give the version of the tool on this worker."""
        return deployer.__version__

    async def beat(self) -> bool:
        """Take in that the tool is there; tells whether the connections still are."""
        self._heard = time.monotonic()
        return not self._over.is_set()

    async def keep(self, name: str, blob: bytes) -> None:
        """Keep bytes that several hosts get, so that they come here once."""
        self._kept[name] = blob

    async def open(self, host: HostAddress) -> Answer:
        """Connect to a host; gives the number of the channel."""
        return await self._aside(lambda: self._open(host))

    async def send(self, number: int, message: Message, blobs: Sequence[bytes | str]) -> Answer:
        """Send a message; a blob that is a text names one that was kept."""
        return await self._aside(lambda: self._say(number, message, blobs))

    async def receive(self, number: int, patience: float) -> Answer:
        """Wait for the next message, and give it with those that come right after."""
        return await self._aside(lambda: self._receive(number, patience))

    async def keep_alive(self, number: int) -> Answer:
        """Beat to a host from now on."""
        return await self._aside(lambda: self._keep_alive(number))

    async def close(self, number: int) -> Answer:
        """End a conversation."""
        return await self._aside(lambda: self._end(number))

    async def leave(self) -> None:
        """End all conversations."""
        await asyncio.get_running_loop().run_in_executor(self._pool, self._hang_up)

    async def _aside(self, work: Callable[[], Answer]) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._pool, _safely, work)

    def _open(self, host: HostAddress) -> Answer:
        channel = self._transport.open(host)
        self._opened += 1
        number = self._opened
        self._channels[number] = channel
        if self._over.is_set():
            self._hang_up()
        return Answer(number, channel.counts)

    def _say(self, number: int, message: Message, blobs: Sequence[bytes | str]) -> Answer:
        channel = self._channel(number)
        channel.send(message, [self._kept[one] if isinstance(one, str) else one for one in blobs])
        return Answer(None, channel.counts)

    def _receive(self, number: int, timeout: float) -> Answer:
        channel = self._channel(number)
        if number in self._trouble:
            raise self._trouble.pop(number)
        messages = [channel.receive(timeout)]
        try:
            while len(messages) < _MOST:
                messages.append(channel.receive(_LINGER))
        except HostTimeout:
            pass
        except HostError as error:
            self._trouble[number] = error
        return Answer(messages, channel.counts)

    def _keep_alive(self, number: int) -> Answer:
        self._channel(number).keep_alive()
        return Answer()

    def _channel(self, number: int) -> Channel:
        found = self._channels.get(number)
        if found is None:
            raise ConnectionLost(
                f"The Dask worker heard nothing of us for {UNHEARD:.0f} s and has hung up.",
                host="",
                hint="Run `inv status` to read the host's journal; the host puts itself right.",
            )
        return found

    def _end(self, number: int) -> Answer:
        channel = self._channels.pop(number, None)
        if channel is not None:
            channel.close()
        return Answer()

    def _hang_up(self) -> None:
        self._over.set()
        for number in list(self._channels):
            self._end(number)
        self._kept.clear()
        self._folder.cleanup()

    def _listen_for_beats(self) -> None:
        while not self._over.wait(_LOOK):
            if time.monotonic() - self._heard > UNHEARD:
                self._hang_up()


def _safely(work: Callable[[], Answer]) -> Answer:
    try:
        return work()
    except HostError as error:
        return Answer(error=(type(error).__name__, error.message, error.host, error.hint))
    except Exception as error:  # noqa: BLE001  whatever it is, the tool must hear of it, not a log
        return Answer(error=("InternalError", f"{type(error).__name__}: {error}", "", ""))
