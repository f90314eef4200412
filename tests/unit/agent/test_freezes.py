import pytest

from deployer.agent.runs.freezes import freeze, read_frozen, thaw, went_back
from deployer.agent.runs.recovering import recover
from tests.unit.agent.talk import BEGIN, PROPOSE, RELEASE, order, shell, step

BAD = order("PUBLISH", step("restart", [shell("exit 3")]))


def frozen(host):
    return [(one["revision"], one["run"]) for one in read_frozen(host.state)]


def test_a_deploy_that_was_put_back_freezes_its_revision(host):
    peer = host.worker(release=RELEASE)
    peer.until("begun")
    peer.ask(BAD, "order")

    assert peer.ask({"verb": "undo", "reason": "it failed"}, "undone")["outcome"] == "rolled_back"

    (one,) = read_frozen(host.state)
    assert (one["revision"], one["run"], one["release"]) == (
        RELEASE["revision"],
        "r1",
        RELEASE["id"],
    )
    assert str(one["cause"]).startswith("restart failed")
    assert one["when"]


def test_what_its_controller_found_bad_is_frozen_too(host):
    peer = host.worker(release=RELEASE)
    peer.until("begun")
    peer.ask(order("PUBLISH", step("restart", [shell("true")])), "order")

    peer.ask({"verb": "undo", "reason": "web2 failed in verify", "found_bad": True}, "undone")

    (one,) = read_frozen(host.state)
    assert (one["run"], one["cause"]) == ("r1", "web2 failed in verify")


@pytest.mark.parametrize("line", ["true", "sleep 60"])
def test_a_controller_that_vanished_says_nothing_against_the_release(host, line):
    peer = host.worker(release=RELEASE)
    peer.until("begun")
    peer.send(order("PUBLISH", step("restart", [shell(line)])))
    peer.until("action" if line != "true" else "order")

    peer.close()
    host.wait()

    assert host.journal()[-1]["outcome"] == "rolled_back"
    assert frozen(host) == []


def test_a_step_that_fails_because_the_host_goes_down_says_nothing_against_the_release(host):
    peer = host.worker(begins=False)
    peer.worker.host_stops = lambda: True
    peer.send({**BEGIN, "release": RELEASE})
    peer.until("begun")
    peer.ask(BAD, "order")

    peer.close()
    host.wait()

    assert host.journal()[-1]["outcome"] == "rolled_back"
    assert frozen(host) == []


@pytest.mark.parametrize("stays", [True, False])
def test_what_nobody_could_confirm_is_frozen(host, stays):
    peer = host.worker(release=RELEASE)
    peer.until("begun")
    peer.ask(order("PUBLISH", step("restart", [shell("true")])), "order")
    peer.ask({**PROPOSE, "deadline": 0.2}, "awaiting")
    if not stays:
        peer.close()

    host.wait()

    (one,) = read_frozen(host.state)
    assert one["cause"] == "nobody confirmed in 0.2 s"


@pytest.mark.parametrize(("line", "times"), [("true", 0), ("exit 3", 1)])
def test_a_host_that_lost_its_power_freezes_only_what_had_failed(host, line, times):
    peer = host.worker(release=RELEASE)
    peer.until("begun")
    peer.ask(order("PUBLISH", step("restart", [shell(line)])), "order")
    crashed = (host.state / "journal").read_bytes()
    host.close()
    thaw(host.state)
    (host.state / "journal").write_bytes(crashed)

    assert recover("shop", host.root, pause=0) == 0

    assert host.journal()[-1]["outcome"] == "rolled_back"
    assert frozen(host) == [(RELEASE["revision"], "r1")] * times


@pytest.mark.parametrize("words", [({"verb": "cancel"},), ()])
def test_what_a_person_stopped_is_not_frozen(host, words):
    peer = host.worker(release=RELEASE)
    peer.until("begun")
    peer.ask(order("PUBLISH", step("restart", [shell("true")])), "order")
    for one in words:
        peer.send(one)

    peer.ask({"verb": "undo", "reason": "interrupted", "by": "person"}, "undone")

    assert frozen(host) == []


def test_a_cancel_counts_even_if_nothing_more_is_heard(host):
    peer = host.worker(release=RELEASE)
    peer.until("begun")
    peer.ask(order("PUBLISH", step("restart", [shell("true")])), "order")
    peer.send({"verb": "cancel"})

    peer.close()
    host.wait()

    assert frozen(host) == []


def test_a_deploy_that_touched_nothing_live_is_not_frozen(host):
    peer = host.worker(release=RELEASE)
    peer.until("begun")
    peer.ask(order("BUILD", step("install", [shell("exit 3")])), "order")

    peer.ask({"verb": "undo", "reason": "it failed"}, "undone")

    assert frozen(host) == []


def test_a_deploy_that_commits_lifts_all(host):
    freeze(host.state, "aaaaaaa", run="r0")
    (host.root / "srv/shop/releases" / RELEASE["id"]).mkdir()
    peer = host.worker(release=RELEASE)
    peer.until("begun")

    peer.ask({"verb": "commit"}, "committed", "refused")
    host.close()

    assert frozen(host) == []


def test_a_rollback_by_hand_freezes_what_it_went_back_from(tmp_path):
    freeze(tmp_path, "aaaaaaa", run="r1")

    went_back(tmp_path, "aaaaaaa", "bbbbbbb", run="r2")

    assert [one["revision"] for one in read_frozen(tmp_path)] == ["bbbbbbb"]
    went_back(tmp_path, "ccccccc", "ccccccc", run="r3")
    assert [one["revision"] for one in read_frozen(tmp_path)] == ["bbbbbbb"]


def test_a_revision_is_frozen_once_and_for_its_last_reason(tmp_path):
    freeze(tmp_path, "aaaaaaa", run="r1")
    freeze(tmp_path, "bbbbbbb", run="r2")
    freeze(tmp_path, "aaaaaaa", run="r3")
    freeze(tmp_path, "", run="r4")

    assert [(one["revision"], one["run"]) for one in read_frozen(tmp_path)] == [
        ("bbbbbbb", "r2"),
        ("aaaaaaa", "r3"),
    ]
    thaw(tmp_path, "bbbbbbb")
    thaw(tmp_path)
    assert not (tmp_path / "frozen.json").exists()


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff"])
def test_a_damaged_list_freezes_nothing(tmp_path, content):
    (tmp_path / "frozen.json").write_bytes(content)

    assert read_frozen(tmp_path) == []
