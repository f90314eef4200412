from datetime import UTC, datetime

import pytest

from deployer.api.holds import until
from deployer.core.at_work import AtWork, Frozen, Hold, parse_at_work, parse_frozen, parse_hold
from deployer.errors import UsageError

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


def test_what_stands_in_the_way_is_said_in_words():
    work = AtWork("r9", "deploy", "ann", "migrate", 3700)
    assert str(work) == "deploy `r9` of ann, for 1 h 1 min, in step `migrate`"
    assert str(AtWork("r9")) == "run `r9`, for 0 s"
    hold = Hold("h-1", "ann", "moving", "until noon")
    assert str(hold) == "by `ann`: moving (id `h-1`, until noon)"
    frozen = Frozen("a" * 40, "000001-aaaaaaa", "r8", "it failed", "Monday")
    assert str(frozen) == "`aaaaaaaaaaaa` by run `r8` on Monday: it failed"


@pytest.mark.parametrize("answer", [None, {}, [], "x", 3])
def test_nothing_known_stands_in_nobodys_way(answer):
    assert (parse_at_work(answer), parse_hold(answer)) == (None, None)
    assert parse_frozen(None) == ()
