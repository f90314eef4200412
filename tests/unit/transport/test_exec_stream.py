"""A link that breaks at any moment is a lost link, and never an error of ours."""

from threading import Event
from types import SimpleNamespace

import pytest

from deployer.core.transport import Counts, HostAddress
from deployer.errors import ConnectionLost
from deployer.transport.agent_channel import AgentChannel
from deployer.transport.exec_stream import ExecStream
from deployer.transport.streams import Ending


class BrokenChannel:
    """What Paramiko is between the break of a link and the moment in which it notices."""

    chanid = 0
    exit_status = -1

    def __init__(self):
        self.status_event = Event()
        self.status_event.set()

    def settimeout(self, timeout):
        """Take any."""

    def recv_stderr_ready(self):
        return True

    def broken(self, *_):
        raise EOFError

    close = send = recv = recv_stderr = shutdown_write = broken


@pytest.fixture
def closed() -> list[bool]:
    return []


@pytest.fixture
def stream(closed):
    host = HostAddress(name="web1", address="198.18.0.1", port=22, user="deploy")
    connection = SimpleNamespace(
        transport=None, host_address=host, close=lambda: closed.append(True)
    )
    channel = BrokenChannel()
    return ExecStream(connection, channel)  # type: ignore[arg-type]  # fakes with what is used


def test_closing_what_is_broken_closes_the_rest(stream, closed):
    stream.close()

    assert closed == [True]


def test_its_last_words_are_not_known(stream):
    assert stream.ending() == Ending(None, "", "")


def test_asking_and_hearing_are_a_lost_connection(stream):
    channel = AgentChannel("web1", stream, Counts())

    with pytest.raises(ConnectionLost):
        channel.send({"verb": "facts"})
    with pytest.raises(ConnectionLost):
        channel.receive(1.0)


def test_so_is_a_set_up(stream):
    with pytest.raises(ConnectionLost):
        stream.complete(b"", 0.0)
