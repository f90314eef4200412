from collections.abc import Callable, Sequence

from deployer.core.transport import Counts, Message
from deployer.engine.outgoing import Outgoing


class Wire:
    """A channel that does something while a message is half sent."""

    def __init__(self) -> None:
        self.counts = Counts()
        self.sent: list[object] = []
        self.meanwhile: Callable[[], None] = lambda: None

    def send(self, message: Message, blobs: Sequence[bytes] = ()) -> None:
        self.sent.append(f"begin {message['verb']}")
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        self.sent.append(f"end {message['verb']}")

    def receive(self, timeout: float) -> Message:
        return {}

    def keep_alive(self) -> None:
        pass

    def close(self) -> None:
        pass


def test_a_cancel_goes_out_at_once():
    wire = Wire()

    Outgoing(wire).cancel()

    assert wire.sent == ["begin cancel", "end cancel"]


def test_a_cancel_in_the_middle_of_a_message_waits_for_its_end():
    wire = Wire()
    outgoing = Outgoing(wire)
    wire.meanwhile = outgoing.cancel

    outgoing.send({"verb": "order"}, (b"much",))

    assert wire.sent == ["begin order", "end order", "begin cancel", "end cancel"]


def test_a_cancel_is_passed_on_once():
    wire = Wire()
    outgoing = Outgoing(wire)
    wire.meanwhile = outgoing.cancel
    outgoing.send({"verb": "order"})

    outgoing.send({"verb": "undo"})

    assert wire.sent[4:] == ["begin undo", "end undo"]
