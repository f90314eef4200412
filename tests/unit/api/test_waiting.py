"""`--wait`: who is told what, and when the work is begun."""

from datetime import UTC, datetime

import pytest

from deployer.api.request import Request
from deployer.api.running import Ending
from deployer.api.waiting import limit, patiently
from deployer.core.event import Event, Noticed
from deployer.core.fact import Facts
from deployer.core.report import HostReport, Outcome
from deployer.errors import UsageError
from tests.unit.api.readers import asked, serving

WORK = {"run": "r9", "command": "deploy", "actor": "bob", "step": "migrate", "seconds": 200}
DONE = Ending((HostReport("web1", Outcome.COMMITTED),), "done")
LOCKED = Ending((HostReport("web1", Outcome.LOCKED),), "locked")
GONE = Ending((HostReport("web1", Outcome.UNREACHABLE),), "gone")


class Time:
    def __init__(self):
        self.now_is = 0.0

    def monotonic(self):
        return self.now_is

    def now(self):
        return datetime(2026, 1, 2, tzinfo=UTC)

    def sleep(self, seconds):
        self.now_is += seconds


def waiting(*looks, attempts=(DONE,), wait="15m"):
    """What was told, how it ended, how long it took, and under which run."""
    hosts = asked({"app": serving()})
    states = list(looks)
    at = hosts.at
    time = Time()
    object.__setattr__(at.place, "clock", time)
    object.__setattr__(at, "request", Request("deploy", wait=wait))
    ends = list(attempts)
    told: list[Event] = []
    object.__setattr__(at, "emit", told.append)

    class Asked:
        facts = Facts({})
        host = "web1"

        def ask(self, facts):
            now = states.pop(0) if len(states) > 1 else states[0]
            session = asked({"app": serving(locked_by=now)}).sessions["web1"]
            session.ask(facts)
            self.facts = session.facts

    def reach(here, work):
        return work(here, {"web1": Asked()})

    ran, ending = patiently(at, reach, lambda _at, _on: ends.pop(0), lambda: "run-2")
    texts = [one.text for one in told if isinstance(one, Noticed)]
    return texts, ending, time.now_is, ran.run


def test_without_the_flag_nobody_looks_first():
    texts, ending, seconds, run = waiting(WORK, attempts=(LOCKED,), wait="")

    assert (texts, ending, seconds, run) == ([], LOCKED, 0.0, "run")


def test_a_free_host_is_not_waited_for():
    assert waiting(None) == ([], DONE, 0.0, "run")


def test_it_says_who_is_at_work_once_for_each_step():
    later = {**WORK, "step": "restart", "seconds": 230}

    texts, ending, seconds, _ = waiting(WORK, WORK, later, later, None)

    assert texts == [
        "waiting for deploy `r9` of bob, for 3 min, in step `migrate`",
        "waiting for deploy `r9` of bob, for 3 min, in step `restart`",
    ]
    assert (ending, seconds) == (DONE, 8.0)


def test_after_its_time_it_tries_and_is_refused_with_the_owner():
    texts, ending, seconds, _ = waiting(WORK, attempts=(LOCKED,), wait="5s")

    assert (ending, seconds, len(texts)) == (LOCKED, 5.0, 1)


def test_who_loses_the_race_waits_on_and_begins_another_run():
    texts, ending, _, run = waiting(None, attempts=(LOCKED, LOCKED, DONE))

    assert (ending, run) == (DONE, "run-2")
    assert texts == ["another run was faster; waiting for it"] * 2


@pytest.mark.parametrize("wait", ["soon", "-1s", "25h", "15"])
def test_what_is_no_duration_is_refused_before_any_host_is_asked(wait):
    with pytest.raises(UsageError, match="no duration"):
        limit(wait)


def test_a_duration_is_read():
    assert (limit(""), limit("0s"), limit("15m")) == (0.0, 0.0, 900.0)
