"""A transport that answers from a script: the double that tests of the engine use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from deployer.core.transport import Channel, Completed, Counts, HostAddress, Message
from deployer.errors import ConnectionLost, HostError, HostTimeout, HostUnreachable, InternalError
from deployer.transport.framing import encode

HELLO: Message = {"hello": {"agent": "scripted", "protocol": 1}}
DONE = Completed(0, b"", b"")


class Fault(StrEnum):
    """What goes wrong at one exchange."""

    LOST_BEFORE = "lost before"
    """The link is gone when we send: the host never hears of it."""
    LOST_AFTER = "lost after"
    """The host hears it and gives its replies, then the link is gone before we hear an end."""
    SILENT = "silent"
    """The host hears it and never answers."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """We send a message with this verb; the host answers with these, then maybe fails."""

    verb: str
    replies: tuple[Message, ...] = ()
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """Everything one host will hear and say, over all conversations, in order."""

    exchanges: tuple[Exchange, ...] = ()
    hello: Message = field(default_factory=lambda: HELLO)
    refuses: HostError | None = None
    """Raised instead of opening a conversation."""
    bootstrapped: Completed = DONE


class ScriptedTransport:
    """Plays one script for each host name; `heard` holds what each host was sent."""

    def __init__(self, scripts: Mapping[str, Script]) -> None:
        self._scripts = scripts
        self._left = {name: list(script.exchanges) for name, script in scripts.items()}
        self.heard: dict[str, list[Message]] = {name: [] for name in scripts}
        self.blobs: dict[str, list[bytes]] = {name: [] for name in scripts}
        self.opened: list[str] = []

    def open(self, host: HostAddress) -> Channel:
        script = self._script(host)
        self.opened.append(host.name)
        heard, blobs = self.heard[host.name], self.blobs[host.name]
        return ScriptedChannel(host.name, script.hello, self._left[host.name], (heard, blobs))

    def bootstrap(
        self, host: HostAddress, script: bytes, payload: bytes, timeout: float
    ) -> Completed:
        return self._script(host).bootstrapped

    def unplayed(self, name: str) -> tuple[Exchange, ...]:
        """Give what the script of a host still waits for; empty when all was said."""
        return tuple(self._left[name])

    def _script(self, host: HostAddress) -> Script:
        script = self._scripts.get(host.name)
        if script is None:
            raise HostUnreachable(
                f"Host `{host.name}` has no script.", host=host.name, hint="Give it one."
            )
        if script.refuses is not None:
            raise script.refuses
        return script


class ScriptedChannel:
    """One conversation; a message that the script does not expect is a bug of the caller."""

    def __init__(
        self,
        host: str,
        hello: Message,
        exchanges: list[Exchange],
        heard: tuple[list[Message], list[bytes]],
    ) -> None:
        self._host = host
        self._replies = [hello]
        self._exchanges = exchanges
        self._heard, self._blobs = heard
        self._ends: Fault | None = None
        self._asked = False
        self._counts = Counts(connections=1, channels=1)

    @property
    def counts(self) -> Counts:
        return self._counts

    def send(self, message: Message, blobs: Sequence[bytes] = ()) -> None:
        if self._ends is Fault.LOST_AFTER or self._ends is Fault.LOST_BEFORE:
            raise self._lost()
        if not self._exchanges or self._exchanges[0].verb != message.get("verb"):
            expected = self._exchanges[0].verb if self._exchanges else "nothing"
            raise InternalError(
                f"Host `{self._host}` was sent `{message.get('verb')}`; its script expects "
                f"`{expected}`."
            )
        exchange = self._exchanges.pop(0)
        self._ends = exchange.fault
        if exchange.fault is Fault.LOST_BEFORE:
            self._replies.clear()
            raise self._lost()
        self._hear(message, blobs)
        self._replies += exchange.replies

    def receive(self, timeout: float) -> Message:
        if not self._replies:
            if self._ends is Fault.LOST_AFTER or self._ends is Fault.LOST_BEFORE:
                raise self._lost()
            raise HostTimeout(
                f"Host `{self._host}` did not answer in time.",
                host=self._host,
                hint="Give the exchange a reply.",
            )
        message = self._replies.pop(0)
        self._counts = replace(
            self._counts,
            messages_received=self._counts.messages_received + 1,
            round_trips=self._counts.round_trips + (1 if self._asked else 0),
            bytes_received=self._counts.bytes_received + len(encode(message)),
        )
        self._asked = False
        return message

    def keep_alive(self) -> None:
        """Do nothing: there is no link."""

    def close(self) -> None:
        self._ends = Fault.LOST_BEFORE
        self._replies.clear()

    def _hear(self, message: Message, blobs: Sequence[bytes]) -> None:
        self._heard.append(message)
        self._blobs += blobs
        self._asked = True
        self._counts = replace(
            self._counts,
            messages_sent=self._counts.messages_sent + 1,
            bytes_sent=self._counts.bytes_sent + len(encode(message, blobs)) + sum(map(len, blobs)),
        )

    def _lost(self) -> ConnectionLost:
        return ConnectionLost(
            f"The connection to the agent on host `{self._host}` was lost.",
            host=self._host,
            hint="Run `inv status` to read the host's journal.",
        )
