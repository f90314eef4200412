import itertools
import threading

import pytest

from deployer.core.transport import Counts
from deployer.errors import ConnectionLost, HostTimeout
from deployer.transport.agent_channel import AgentChannel
from deployer.transport.pulse import BEAT, LATE, SILENCE, STALLED, UNHEARD, Pulse
from deployer.transport.streams import Ending


class Wire:
    """A stream in memory: what was written, and what will be read."""

    def __init__(self, *lines: bytes, quiet: float = 0.0, is_gone: bool = False) -> None:
        self.lines = list(lines)
        self.quiet = quiet
        self.is_gone = is_gone
        self.lives = False
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

    def acknowledges(self) -> bool:
        return self.lives

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


def test_one_who_was_stopped_itself_does_not_blame_the_host():
    wire, times = Wire(quiet=UNHEARD), itertools.count(step=2.0 + LATE)
    pulse = Pulse(wire, threading.Lock(), every=0.001, now=lambda: next(times))

    pulse.start()

    assert wire.wrote.acquire(timeout=5)
    pulse.stop()


def test_it_ends_with_its_stream():
    before = threading.active_count()
    Pulse(Wire(is_gone=True), threading.Lock(), every=0.001).start()

    for thread in threading.enumerate():
        if thread.name == "pulse":
            thread.join(5)
    assert threading.active_count() <= before


@pytest.mark.parametrize("last", ["begun", "tick"])
def test_a_host_that_fell_silent_in_a_run_is_lost_long_before_the_answer_is_due(last):
    channel, wire = silent_for(SILENCE, last)

    with pytest.raises(ConnectionLost, match="12 s"):
        channel.receive(3600)

    assert wire.asked[-1] == SILENCE


def test_it_is_lost_as_well_for_one_who_asks_again_and_again_for_a_short_time():
    channel, _ = silent_for(SILENCE)

    with pytest.raises(ConnectionLost):
        channel.receive(SILENCE / 2)


def test_a_host_whose_kernel_answers_is_given_up_only_much_later():
    channel, wire = silent_for(STALLED - 1)
    wire.lives = True

    with pytest.raises(HostTimeout):
        channel.receive(SILENCE / 2)

    wire.quiet = STALLED
    with pytest.raises(ConnectionLost):
        channel.receive(SILENCE / 2)


def silent_for(seconds: float, last: str = "tick") -> tuple[AgentChannel, Wire]:
    """A channel to a host that has ticked, and then said nothing."""
    wire = Wire(f'{{"event":"{last}"}}\n'.encode(), quiet=seconds)
    channel = AgentChannel("web1", wire, Counts())
    channel.receive(3600)
    return channel, wire


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
