import threading

import pytest

from deployer.core.transport import Counts
from deployer.errors import ConnectionLost, HostTimeout
from deployer.transport.agent_channel import AgentChannel
from deployer.transport.pulse import BEAT, SILENCE, UNHEARD, Pulse
from deployer.transport.streams import Ending


class Wire:
    """A stream in memory: what was written, and what will be read."""

    def __init__(self, *lines: bytes, quiet: float = 0.0, is_gone: bool = False) -> None:
        self.lines = list(lines)
        self.quiet = quiet
        self.is_gone = is_gone
        self.asked: list[float] = []
        self.wrote = threading.Semaphore(0)
        self.written: list[bytes] = []

    def write(self, data: bytes) -> None:
        if self.is_gone:
            raise EOFError
        self.written.append(data)
        self.wrote.release()

    def read(self, timeout: float) -> bytes:
        self.asked.append(timeout)
        if not self.lines:
            raise TimeoutError
        return self.lines.pop(0)

    def silence(self) -> float:
        return self.quiet

    def ending(self) -> Ending:
        return Ending()

    def close(self) -> None:
        pass


def test_it_beats_while_nobody_sends_or_reads():
    wire = Wire()
    pulse = Pulse(wire, threading.Lock(), every=0.001)

    pulse.start()

    assert all(wire.wrote.acquire(timeout=5) for _ in range(3))
    pulse.stop()
    assert set(wire.written) == {BEAT}


def test_it_does_not_fall_into_the_middle_of_a_message():
    wire, sending = Wire(), threading.Lock()
    pulse = Pulse(wire, sending, every=0.001)

    with sending:
        pulse.start()
        assert not wire.wrote.acquire(timeout=0.05)

    assert wire.wrote.acquire(timeout=5)
    pulse.stop()


def test_it_stops_when_the_host_is_not_heard_so_that_the_host_notices_too():
    wire = Wire(quiet=UNHEARD)
    pulse = Pulse(wire, threading.Lock(), every=0.001)

    pulse.start()

    assert not wire.wrote.acquire(timeout=0.05)
    wire.quiet = 0.0
    assert wire.wrote.acquire(timeout=5)
    pulse.stop()


def test_it_ends_with_its_stream():
    before = threading.active_count()
    Pulse(Wire(is_gone=True), threading.Lock(), every=0.001).start()

    for thread in threading.enumerate():
        if thread.name == "pulse":
            thread.join(5)
    assert threading.active_count() <= before


def test_a_host_that_ticked_and_fell_silent_is_lost_long_before_the_answer_is_due():
    wire = Wire(b'{"event":"tick"}\n')
    channel = AgentChannel("web1", wire, Counts())
    channel.receive(3600)

    with pytest.raises(ConnectionLost, match="12 s"):
        channel.receive(3600)

    assert wire.asked[-1] == SILENCE


def test_a_host_that_never_ticked_has_all_the_time_it_was_given():
    wire = Wire(b'{"event":"tick"}\n{"event":"refused"}\n')
    channel = AgentChannel("web1", wire, Counts())
    channel.receive(10)
    channel.receive(10)

    with pytest.raises(HostTimeout):
        channel.receive(3600)


def test_beats_are_not_counted_as_messages():
    wire = Wire()
    channel = AgentChannel("web1", wire, Counts())

    channel.keep_alive()
    channel.keep_alive()
    channel.close()

    assert channel.counts == Counts()
