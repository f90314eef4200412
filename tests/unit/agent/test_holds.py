import json

import pytest

from deployer.agent.runs.holds import hold, read_hold, unhold
from deployer.agent.runs.refusal import Refused

HOLD = {"verb": "hold", "app": "shop", "id": "h-1234", "who": "ann", "why": "moving the database"}


def test_a_hold_says_who_why_and_until_when(tmp_path):
    said = hold(tmp_path, {**HOLD, "until": 4102444800})

    assert said["event"] == "held"
    assert said["until_text"] == "until 2100-01-01 00:00:00 UTC"
    found = read_hold(tmp_path)
    assert found is not None
    assert (found["who"], found["why"]) == ("ann", "moving the database")


def test_the_same_hold_twice_is_one_and_another_one_is_refused(tmp_path):
    hold(tmp_path, HOLD)
    hold(tmp_path, HOLD)

    with pytest.raises(Refused, match="held by `ann`: moving the database"):
        hold(tmp_path, {**HOLD, "id": "h-9999", "who": "bob"})


def test_only_its_id_takes_a_hold_away(tmp_path):
    hold(tmp_path, HOLD)

    with pytest.raises(Refused, match=r"`h-0000` is not the id.*`ann`") as caught:
        unhold(tmp_path, {"id": "h-0000"})
    assert "h-1234" in caught.value.hint
    assert read_hold(tmp_path)

    assert unhold(tmp_path, {"id": "h-1234"})["was"]
    assert read_hold(tmp_path) is None
    assert unhold(tmp_path, {"id": "h-1234"})["was"] is None


def test_a_hold_is_over_when_its_time_has_come(tmp_path):
    hold(tmp_path, {**HOLD, "seconds": 3600})
    kept = json.loads((tmp_path / "hold.json").read_text())
    (tmp_path / "hold.json").write_text(json.dumps({**kept, "until": kept["since"] - 1}))

    assert read_hold(tmp_path) is None
    assert hold(tmp_path, {**HOLD, "id": "h-5678"})["id"] == "h-5678"


def test_a_hold_that_is_over_already_is_refused(tmp_path):
    with pytest.raises(Refused, match="over already"):
        hold(tmp_path, {**HOLD, "until": 1000})


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff"])
def test_a_hold_that_cannot_be_read_holds(tmp_path, content):
    (tmp_path / "hold.json").write_bytes(content)

    found = read_hold(tmp_path)

    assert found is not None
    assert found["id"] == "unreadable"
    unhold(tmp_path, {"id": "unreadable"})
    assert read_hold(tmp_path) is None


def test_holds_are_set_through_the_front_and_refuse_a_deploy_but_not_a_rollback(host):
    peer = host.front()
    assert peer.ask(HOLD, "held", "refused")["event"] == "held"
    assert peer.ask({**HOLD, "id": "x"}, "held", "refused", "error")["event"] == "error"

    begin = {"verb": "begin", "app": "shop", "run": "r1", "command": "deploy", "actor": "bob"}
    no = peer.ask(begin, "begun", "refused")
    assert (no["why"], "ann" in no["message"], "h-1234" in no["hint"]) == ("held", True, True)

    begin = {**begin, "run": "r2", "command": "rollback"}
    assert peer.ask(begin, "begun", "refused")["event"] == "begun"


def test_a_host_that_was_never_set_up_cannot_be_held(host):
    peer = host.front()

    assert peer.ask({**HOLD, "app": "other"}, "held", "refused")["why"] == "not-set-up"
