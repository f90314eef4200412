"""What holds for every test."""

import signal
from collections.abc import Iterator

import pytest

_SLOW_FIRST = ("tests/faults/", "tests/lab/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what waits for hosts: whoever runs files side by side then ends at one time."""
    items.sort(key=lambda item: not item.nodeid.startswith(_SLOW_FIRST))


@pytest.fixture(scope="session", autouse=True)
def interrupts_arrive() -> Iterator[None]:
    """A shell starts background work with SIGINT ignored, nohup(1) what it runs with SIGHUP.

    Every child would inherit that.
    """
    interrupt = signal.signal(signal.SIGINT, signal.default_int_handler)
    hangup = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGHUP, hangup)
