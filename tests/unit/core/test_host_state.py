import pytest

from deployer.core.host_state import AppState, ColourState, ReleaseRecord, parse_app_state
from deployer.core.release import ReleaseState
from tests.shop_values import OLD, app_answer, record

A, B, C = ("a" * 40, "b" * 40, "c" * 40)


def state_with(*records: object, **changes: object) -> AppState:
    return parse_app_state(app_answer(releases=list(records), **changes))


def test_an_answer_becomes_one_typed_value():
    state = parse_app_state(
        app_answer(
            config_digest="d1",
            colours={"blue": {"release": OLD, "active": "active", "pid": 9, "restarts": 1}},
            open_run={"id": "run-1", "command": "deploy", "cause": None},
            locked_by={},
        )
    )

    assert state == AppState(
        set_up=True,
        fence=7,
        counter=41,
        live=OLD,
        live_colour="blue",
        config_digest="d1",
        colours={"blue": ColourState(OLD, "active", 9, 1)},
        releases=(ReleaseRecord(OLD, 41, "0ddba11" + "0" * 33, ReleaseState.GOOD),),
        open_run="id run-1, command deploy",
    )


@pytest.mark.parametrize("answer", [None, {}, {"set_up": False}, "text"])
def test_an_app_that_was_never_set_up_is_empty(answer):
    assert parse_app_state(answer) == AppState(set_up=False)


def test_a_release_whose_record_was_damaged_is_no_good_one():
    state = state_with({"id": OLD, "number": "x", "state": "odd"})

    assert [one.state for one in state.releases] == [ReleaseState.FAILED]


def test_a_release_without_a_state_is_still_being_built():
    state = state_with({"id": "000001-aaaaaaa"})

    assert state.releases == (ReleaseRecord("000001-aaaaaaa", 0, "", ReleaseState.BUILDING),)


@pytest.mark.parametrize(
    ("states", "previous"),
    [
        (("good", "good", "good"), "000002-bbbbbbb"),
        (("good", "failed", "good"), "000001-aaaaaaa"),
        (("good", "rolled-back", "good"), "000001-aaaaaaa"),
        (("failed", "staged", "good"), None),
    ],
)
def test_the_release_to_go_back_to_is_the_newest_good_one_before_the_live_one(states, previous):
    named = zip((1, 2, 3), "abc", states, strict=True)
    records = [record(n, letter * 40, state) for n, letter, state in named]
    state = state_with(*records, live="000003-ccccccc")

    found = state.previous_good()

    assert (found.id if found else None) == previous


def test_a_newer_good_release_is_not_one_to_go_back_to():
    state = state_with(record(1, A), record(2, B), record(3, C), live="000002-bbbbbbb")

    found = state.previous_good()

    assert found is not None
    assert found.id == "000001-aaaaaaa"


def test_without_a_live_release_the_newest_good_one_counts():
    state = state_with(record(40, A), record(41, B), live="")

    found = state.previous_good()

    assert found is not None
    assert found.number == 41


def colours(**active: str) -> dict[str, object]:
    return {colour: {"release": release, "active": "active"} for colour, release in active.items()}


@pytest.mark.parametrize(
    ("live_colour", "running", "colour", "warm"),
    [
        ("", {}, "blue", False),
        ("blue", {"blue": OLD}, "green", False),
        ("green", {"green": OLD}, "blue", False),
        ("blue", {"blue": OLD, "green": "000040-ccccccc"}, "green", True),
        ("green", {"green": OLD, "blue": "000040-ccccccc"}, "blue", True),
        ("green", {"green": "000040-ccccccc"}, "blue", False),
        ("", {"green": "000040-ccccccc"}, "green", True),
    ],
)
def test_a_release_goes_to_the_idle_colour_or_is_warm_there(live_colour, running, colour, warm):
    state = parse_app_state(app_answer(live_colour=live_colour, colours=colours(**running)))

    assert state.colour_for("000040-ccccccc") == colour
    assert state.is_warm("000040-ccccccc") is warm


def test_a_colour_that_has_stopped_is_not_warm():
    stopped = {"green": {"release": "000040-ccccccc", "active": "inactive"}}

    assert not parse_app_state(app_answer(colours=stopped)).is_warm("000040-ccccccc")
