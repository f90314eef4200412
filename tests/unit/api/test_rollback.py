from collections.abc import Mapping
from io import StringIO
from pathlib import Path

import pytest

from deployer.api.environment import Environment
from deployer.api.place import Place
from deployer.api.request import Request
from deployer.api.rollback import choose_release
from deployer.core.host_state import AppState, parse_app_state
from deployer.errors import NoSuchRelease
from tests.shop_values import app_answer, inventory, record

A, B, C, D = ("a" * 40, "b" * 40, "c" * 40, "d" * 40)


def state(*records: object, live: str = "000003-ccccccc") -> AppState:
    return parse_app_state(app_answer(live=live, releases=list(records)))


def chosen(found: Mapping[str, AppState], to: str = "") -> str:
    whole = inventory()
    place = Place(Path("/nowhere"), {}, StringIO(), StringIO(), None)
    request = Request("rollback", to=to)
    at = Environment(place, request, whole, (), {}, lambda _: None, "r")
    return choose_release(at, found).id


THREE = state(record(1, A), record(2, B), record(3, C))


@pytest.mark.parametrize(
    ("to", "release"),
    [
        ("", "000002-bbbbbbb"),
        ("1", "000001-aaaaaaa"),
        ("000001-aaaaaaa", "000001-aaaaaaa"),
    ],
)
def test_the_release_before_or_the_named_one_is_chosen(to, release):
    assert chosen({"web1": THREE, "web2": THREE}, to) == release


@pytest.mark.parametrize(
    ("found", "to", "words"),
    [
        (THREE, "9", "`web1` has no release `9`."),
        (THREE, "3", "`000003-ccccccc` is live on `web1` already."),
        (
            state(record(1, A, "failed"), record(3, C)),
            "1",
            "`000001-aaaaaaa` on `web1` is failed, not good.",
        ),
        (state(record(3, C)), "", "`web1` has no good release older than the live one."),
    ],
)
def test_what_cannot_be_gone_back_to_is_refused_with_the_reason(found, to, words):
    with pytest.raises(NoSuchRelease) as caught:
        chosen({"web1": found}, to)

    assert caught.value.message == words
    assert "inv releases" in caught.value.hint


def test_hosts_that_disagree_want_a_choice():
    other = state(record(1, A), record(2, B, "rolled-back"), record(3, C))

    with pytest.raises(NoSuchRelease, match="different releases: `000002-bbbbbbb` and `000001"):
        chosen({"web1": THREE, "web2": other})


def test_a_named_release_must_be_good_on_every_host():
    other = state(record(3, C))

    with pytest.raises(NoSuchRelease, match="`web2` has no release `1`"):
        chosen({"web1": THREE, "web2": other}, "1")
