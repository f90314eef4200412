import threading

import pytest

from deployer.core.transport import HostAddress
from deployer.engine.fleet import Fleet
from deployer.engine.redact import Redactor
from deployer.engine.session import Session
from deployer.errors import HostTimeout
from deployer.transport.scripted import Script, ScriptedTransport

NAMES = ("web1", "web2", "web3")


def sessions() -> dict[str, Session]:
    transport = ScriptedTransport(dict.fromkeys(NAMES, Script()))
    return {
        name: Session(
            name, "shop", transport.open(HostAddress(name, name)), lambda _: None, Redactor(())
        )
        for name in NAMES
    }


def test_results_come_by_host_in_the_order_asked():
    found = Fleet(sessions()).each(("web3", "web1"), lambda session: session.host.upper())

    assert list(found.items()) == [("web3", "WEB3"), ("web1", "WEB1")]


def test_a_hundred_hosts_work_at_the_same_time():
    names = [f"web{number}" for number in range(100)]
    transport = ScriptedTransport(dict.fromkeys(names, Script()))
    many = {
        name: Session(
            name, "shop", transport.open(HostAddress(name, name)), lambda _: None, Redactor(())
        )
        for name in names
    }
    all_here = threading.Barrier(100, timeout=10)

    found = Fleet(many).each(names, lambda _: all_here.wait())

    assert sorted(found.values(), key=str) == sorted(range(100), key=str)


def test_trouble_of_one_host_stays_with_it():
    late = HostTimeout("late", host="web2", hint="wait")

    def work(session: Session) -> str:
        if session.host == "web2":
            raise late
        return "done"

    assert Fleet(sessions()).each(NAMES, work) == {"web1": "done", "web2": late, "web3": "done"}


def test_a_bug_of_ours_is_not_taken_for_trouble_of_a_host():
    with pytest.raises(ZeroDivisionError):
        Fleet(sessions()).each(NAMES, lambda _: 1 / 0)


def test_hosts_are_at_work_side_by_side():
    together = threading.Barrier(3, timeout=10)

    found = Fleet(sessions()).each(NAMES, lambda _: together.wait() >= 0)

    assert found == dict.fromkeys(NAMES, True)


def test_one_host_needs_no_other_thread():
    found = Fleet(sessions()).each(("web1",), lambda _: threading.current_thread())

    assert found == {"web1": threading.current_thread()}


def test_no_host_is_no_work():
    assert Fleet(sessions()).each((), lambda session: session.host) == {}
