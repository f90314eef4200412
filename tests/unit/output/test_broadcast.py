import os
import subprocess
import sys
import threading

import pytest

from deployer.core.event import Event, Noticed, OutputLine
from deployer.output.broadcast import Broadcast

SCRIPT = """
import sys
from deployer.core.event import Noticed
from deployer.output.broadcast import Broadcast
from deployer.output.folding import NoFolding
from deployer.output.plain import Plain
from deployer.output.stream import Stream
from tests.golden.output.recordings import FakeClock
with Broadcast([Plain(Stream(sys.stdout), FakeClock(), NoFolding())], patience={patience}) as emit:
    for number in range(20000):
        emit(Noticed(f"line {{number}} " + "." * 80))
sys.stderr.write("deployed")
sys.exit(6)
"""


def buffered_environ() -> dict[str, str]:
    # Unbuffered streams would hide what a lock that is held or a buffer that is full does at exit.
    return {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}


class Closable:
    def __init__(self) -> None:
        self.seen: list[Event | str] = []

    def __call__(self, event: Event) -> None:
        self.seen.append(event)

    def close(self) -> None:
        self.seen.append("closed")


def test_every_event_reaches_every_sink_in_order_before_the_block_is_left():
    first: list[Event] = []
    second = Closable()
    events = [Noticed(str(number)) for number in range(1000)]

    with Broadcast([first.append, second]) as emit:
        for event in events:
            emit(event)

    assert first == events
    assert second.seen == [*events, "closed"]


def test_sinks_run_in_one_thread_whatever_thread_emits():
    threads: set[str] = set()

    with Broadcast([lambda _: threads.add(threading.current_thread().name)]) as emit:
        hosts = [threading.Thread(target=emit, args=(Noticed("x"),)) for _ in range(5)]
        for host in hosts:
            host.start()
        for host in hosts:
            host.join()

    assert threads == {"output"}


def test_events_of_one_host_keep_their_order_among_many_threads():
    seen: list[Event] = []

    def host(name: str) -> None:
        for number in range(200):
            emit(OutputLine(name, "step", str(number)))

    with Broadcast([seen.append]) as emit:
        threads = [threading.Thread(target=host, args=(name,)) for name in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    for name in "abcd":
        mine = [e.line for e in seen if isinstance(e, OutputLine) and e.host == name]
        assert mine == [str(number) for number in range(200)]


def test_a_sink_that_raises_is_reported_once_closed_and_dropped(capsys: pytest.CaptureFixture[str]):
    class Broken(Closable):
        def __call__(self, event: Event) -> None:
            super().__call__(event)
            raise RuntimeError("no ink")

    broken, good = Broken(), Closable()

    with Broadcast([broken, good]) as emit:
        emit(Noticed("one"))
        emit(Noticed("two"))

    assert broken.seen == [Noticed("one"), "closed"]
    assert good.seen == [Noticed("one"), Noticed("two"), "closed"]
    told = "deployer: output `Broken` failed and was dropped: RuntimeError: no ink\n"
    assert capsys.readouterr().err == told


def test_a_sink_that_raises_while_it_ticks_or_closes_stops_nobody(
    capsys: pytest.CaptureFixture[str],
):
    ticked = threading.Event()

    class Ticker(Closable):
        def tick(self) -> None:
            ticked.set()
            raise RuntimeError("stopped")

    class Stuck(Closable):
        def close(self) -> None:
            raise RuntimeError("cannot close")

    good = Closable()

    with Broadcast([Ticker(), Stuck(), good]) as emit:
        assert ticked.wait(5)
        emit(Noticed("one"))

    assert good.seen == [Noticed("one"), "closed"]
    assert capsys.readouterr().err.count("was dropped") == 2


def test_a_sink_that_hangs_keeps_nobody_from_leaving():
    hanging = threading.Event()

    def hang(_: Event) -> None:
        hanging.wait(30)

    with Broadcast([hang], patience=0.01) as emit:
        emit(Noticed("one"))
        emit(Noticed("two"))

    hanging.set()


def test_an_error_in_the_block_is_not_swallowed():
    sink = Closable()

    def fail() -> None:
        with Broadcast([sink]) as emit:
            emit(Noticed("one"))
            raise ValueError("ours")

    with pytest.raises(ValueError, match="ours"):
        fail()

    assert sink.seen == [Noticed("one"), "closed"]


def test_a_reader_that_leaves_changes_neither_the_work_nor_the_exit_code():
    script = SCRIPT.format(patience=60)
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=buffered_environ(),
    ) as process:
        assert process.stdout
        assert process.stderr

        first = process.stdout.readline()
        process.stdout.close()

        assert first.startswith("line 0 ")
        assert process.stderr.read() == "deployed"
        assert process.wait(30) == 6


def test_a_reader_that_stops_reading_does_not_hang_or_crash_the_end():
    script = SCRIPT.format(patience=0.2)
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=buffered_environ(),
    ) as process:
        assert process.stderr

        told = process.wait(20), process.stderr.read()

        assert told == (6, "deployed")


def test_a_stdout_that_was_closed_from_the_start_is_no_error():
    script = SCRIPT.format(patience=60)

    done = subprocess.run(
        ["sh", "-c", 'exec "$0" -c "$1" >&-', sys.executable, script],
        stderr=subprocess.PIPE,
        text=True,
        timeout=30,
        check=False,
    )

    assert (done.returncode, done.stderr) == (6, "deployed")
