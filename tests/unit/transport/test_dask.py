"""What of the way over Dask needs no cluster."""

import asyncio
import threading
from concurrent.futures import Future as Promise
from functools import partial

import pytest

import deployer
from deployer.core.transport import HostAddress
from deployer.errors import ConnectionLost, HostUnreachable
from deployer.transport.dask_cluster import DaskTransport, is_private
from deployer.transport.dask_crew import Answer, Crew
from deployer.transport.dask_link import DaskChannel, Link
from deployer.transport.scripted import Script, ScriptedTransport

HOST = HostAddress(name="web1", address="192.0.2.1")
WORKER = "tcp://127.0.0.1:5"


def kept(value):
    promise: Promise[object] = Promise()
    if isinstance(value, Exception):
        promise.set_exception(value)
    else:
        promise.set_result(value)
    return promise


class Actor:
    """A crew that answers at once with what it was given, or never."""

    def __init__(self, **answers):
        self.answers = answers

    def __getattr__(self, method):
        if method not in self.answers:
            return lambda *_: Promise()
        return lambda *_: kept(self.answers[method])


class Cluster:
    """A client whose workers are these actors; an exception stands for one that cannot."""

    def __init__(self, **workers):
        self.workers = workers
        self.asked = []
        self.scheduler_has_gone = False

    def nthreads(self):
        if self.scheduler_has_gone:
            raise OSError
        return dict.fromkeys(self.workers, 1)

    def submit(self, *_, workers, **__):
        self.asked += workers
        return kept(self.workers[workers[0]])

    def close(self):
        pass


def a_crew(**answers):
    usual = {"version": deployer.__version__, "beat": True, "close": Answer(), "leave": None}
    return Actor(**usual, open=Answer(1), **answers)


@pytest.fixture
def spread():
    made = []

    def make(cluster):
        told: list[str] = []
        made.append(
            DaskTransport(cluster, None, ScriptedTransport({"web1": Script()}), told.append)
        )
        return made[-1], told

    yield make
    for transport in made:
        transport.close()


def test_a_worker_that_cannot_serve_is_told_of_once_and_not_asked_again(spread):
    hangs = TimeoutError("10 s")
    old = Actor(version="0.1")
    cluster = Cluster(one=a_crew(), two=hangs, three=old)
    transport, told = spread(cluster)

    channels = [transport.open(HOST) for _ in range(3)]

    assert {channel._link.worker for channel in channels} == {"one"}
    assert cluster.asked == ["one", "two", "three"]
    assert told == [
        "the Dask worker two is not used: TimeoutError: 10 s",
        f"the Dask worker three is not used: it has deployer 0.1, here is {deployer.__version__}",
    ]


def test_a_cluster_without_one_worker_that_can_serve_is_not_used(spread):
    transport, _ = spread(Cluster(one=ImportError("No module named 'deployer'")))

    with pytest.raises(HostUnreachable, match="No worker"):
        transport.open(HOST)


def test_when_all_workers_have_gone_hosts_are_asked_from_here(spread):
    cluster = Cluster(one=a_crew())
    transport, told = spread(cluster)
    lost = transport.open(HOST)
    lost._link.is_lost = True
    cluster.scheduler_has_gone = True

    channels = [transport.open(HOST) for _ in range(2)]

    assert not any(isinstance(channel, DaskChannel) for channel in channels)
    assert told == ["no Dask worker is left: hosts are asked from here"]


def test_a_host_is_opened_over_another_worker_when_the_first_one_dies(spread):
    dead = a_crew()
    dead.answers["open"] = ConnectionError()
    transport, _ = spread(Cluster(one=dead, two=a_crew()))

    assert transport.open(HOST)._link.worker == "two"


def test_nobody_waits_on_for_a_worker_whose_beat_has_stopped(monkeypatch):
    monkeypatch.setattr("deployer.transport.dask_link._LOOK", 0.01)
    link = Link(WORKER, Actor())
    beat = threading.Timer(0.05, lambda: setattr(link, "is_lost", True))
    beat.start()

    with pytest.raises(OSError, match=WORKER):
        link.call("receive", timeout=5)

    assert not beat.is_alive()


def test_a_crew_that_has_hung_up_is_a_lost_link_and_no_bug_of_ours():
    crew = Crew(None)
    asyncio.run(crew.leave())

    calls = (
        partial(crew.receive, 7, 1.0),
        partial(crew.send, 7, {"verb": "commit"}, []),
        partial(crew.keep_alive, 7),
    )
    answers = [asyncio.run(call()) for call in calls]

    assert [one.error and one.error[0] for one in answers] == ["ConnectionLost"] * 3
    link = Link(WORKER, Actor(open=Answer(1), receive=answers[0]))
    with pytest.raises(ConnectionLost, match="hung up") as raised:
        DaskChannel(HOST, link).receive(5)
    assert raised.value.host == "web1"


@pytest.mark.parametrize(
    ("address", "private"),
    [
        ("tls://10.0.0.5:8786", True),
        ("wss://10.0.0.5:8786", True),
        ("tcp://127.0.0.1:8786", True),
        ("localhost:8786", True),
        ("tcp://[::1]:8786", True),
        ("tcp://10.0.0.5:8786", False),
        ("10.0.0.5:8786", False),
        ("ws://10.0.0.5:8786", False),
        ("tcp://127.evil.example:8786", False),
    ],
)
def test_an_address_that_others_can_listen_to_is_known(address, private):
    assert is_private(address) is private
