from datetime import UTC, datetime

import pytest

from deployer.api.answering import Asked
from deployer.api.holds import _hold, until
from deployer.core.at_work import AtWork, Frozen, Hold, parse_at_work, parse_frozen, parse_hold
from deployer.core.transport import HostAddress
from deployer.engine.redact import Redactor
from deployer.engine.session import Session
from deployer.errors import UsageError
from deployer.transport.scripted import Exchange, Fault, Script, ScriptedTransport
from tests.unit.api.readers import asked

NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


def test_until_is_a_duration_of_the_hosts_clock_or_a_moment():
    assert until("", NOW) == {}
    assert until("2h", NOW) == {"seconds": 7200.0}
    assert until("2026-12-01T08:00+00:00", NOW) == {"until": 1796112000.0}
    assert set(until("2026-12-01T08:00", NOW)) == {"until"}


@pytest.mark.parametrize("text", ["soon", "48h", "-1h", "2026-13-01T08:00", "1"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(UsageError, match="neither a duration nor a time"):
        until(text, NOW)


def test_a_time_that_is_over_is_refused():
    with pytest.raises(UsageError, match="over already"):
        until("2025-12-01T08:00", NOW)


def test_a_host_whose_link_breaks_may_be_held_and_is_named():
    wanted = {"verb": "hold", "id": "h-1", "who": "ann", "why": "moving"}
    held = {"event": "held", **wanted, "until_text": "until somebody ends it"}
    links = {
        "web1": Script((Exchange("hold", (held,)), Exchange("unhold", ({"event": "unheld"},)))),
        "web2": Script((Exchange("hold", fault=Fault.LOST_AFTER),)),
    }
    sessions = {host: talk(host, script) for host, script in links.items()}

    rows = list(_hold(Asked(asked({}, {}).at, sessions, {}), wanted).rows)

    assert [(row["host"], row["state"]) for row in rows] == [
        ("web1", "set back: another host refused"),
        ("web2", "MAYBE HELD: the link broke"),
    ]
    assert {row["id"] for row in rows} == {"h-1"}


def talk(name: str, script: Script) -> Session:
    channel = ScriptedTransport({name: script}).open(HostAddress(name, "192.0.2.1"))
    channel.receive(1.0)
    return Session(name, "shop", channel, lambda _: None, Redactor(()))


def test_what_stands_in_the_way_is_said_in_words():
    work = AtWork("r9", "deploy", "ann", "migrate", 3700)
    assert str(work) == "deploy `r9` of ann, for 1 h 1 min, in step `migrate`"
    assert str(AtWork("r9")) == "run `r9`, for 0 s"
    hold = Hold("h-1", "ann", "moving", "until noon")
    assert str(hold) == "by `ann`: moving (id `h-1`, until noon)"
    frozen = Frozen("a" * 40, "000001-aaaaaaa", "r8", "it failed", "Monday")
    assert str(frozen) == "`aaaaaaaaaaaa`, rolled back by run `r8` on Monday: it failed"


@pytest.mark.parametrize("answer", [None, {}, [], "x", 3])
def test_nothing_known_stands_in_nobodys_way(answer):
    assert (parse_at_work(answer), parse_hold(answer)) == (None, None)
    assert parse_frozen(None) == ()
