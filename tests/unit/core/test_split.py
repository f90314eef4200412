from dataclasses import replace

from deployer.core.at_work import AtWork
from deployer.core.host_state import AppState, parse_app_state
from deployer.core.report import Outcome
from deployer.core.run_outcome import RunOutcome
from deployer.core.split import Split, find_split
from tests.shop_values import OLD

NEW = "000042-1a2b3c4"
RUN = RunOutcome(
    "r5", Outcome.COMMITTED, is_known=True, release=NEW, revision="1a2b", fleet=("web1", "web2")
)
BACK = replace(RUN, outcome=Outcome.ROLLED_BACK)
WAITS = replace(RUN, outcome=Outcome.UNKNOWN, awaits_confirm=True)
HAS = AppState(set_up=True, live=NEW, decided=RUN)
WENT_BACK = AppState(set_up=True, live=OLD, went_back=(BACK,))


def test_a_run_that_ended_differently_is_a_split():
    assert find_split({"web1": HAS, "web2": WENT_BACK}) == Split(
        "r5", NEW, "1a2b", ("web1",), ("web2",), (OLD,)
    )


def test_it_says_who_has_what():
    said = str(find_split({"web1": HAS, "web2": WENT_BACK}))

    assert said == (
        "run `r5` was committed on web1 (`000042-1a2b3c4`) but put back on web2 (`000041-0ddba11`)"
    )


def test_a_host_that_serves_nothing_yet_is_told_as_such():
    assert "put back on web2 (nothing)" in str(
        find_split({"web1": HAS, "web2": replace(WENT_BACK, live="")})
    )


def test_the_same_release_everywhere_is_no_split():
    assert find_split({"web1": HAS, "web2": replace(WENT_BACK, live=NEW)}) is None


def test_different_releases_after_different_runs_are_no_split():
    other = replace(HAS, live=OLD, decided=replace(RUN, run="r6", release=OLD))

    assert find_split({"web1": HAS, "web2": other}) is None


def test_a_run_that_went_back_everywhere_is_no_split():
    assert find_split({"web1": WENT_BACK, "web2": WENT_BACK}) is None


def test_a_release_that_was_left_later_decides_nothing():
    assert find_split({"web1": replace(HAS, live="000043-abcdef0"), "web2": WENT_BACK}) is None


def test_a_host_that_still_waits_is_at_work_and_no_split_yet():
    waits = replace(WENT_BACK, went_back=(WAITS,), work=AtWork("r5"))

    assert find_split({"web1": HAS, "web2": waits}) is None
    assert find_split({"web1": HAS, "web2": replace(waits, work=None)}) is not None


def test_what_the_agent_says_of_runs_is_read():
    told = {"run": "r5", "outcome": "committed", "release": NEW, "fleet": ["web1"]}

    state = parse_app_state({"set_up": True, "decided": told, "went_back": [told]})

    wanted = RunOutcome("r5", Outcome.COMMITTED, is_known=True, release=NEW, fleet=("web1",))
    assert (state.decided, state.went_back) == (wanted, (wanted,))
    assert parse_app_state({"set_up": True, "decided": None}).decided is None
