from deployer.agent.runs import counters
from tests.unit.agent.talk import RELEASE, order, shell, step


def overtaken(host):
    """A run that has done one step, and another one that has begun in spite of its lock."""
    peer = host.worker(release=RELEASE)
    peer.until("begun")
    undo = [shell("echo undone >> /dev/null")]
    peer.ask(order("BUILD", step("pull", [shell("true")], undo)), "order")
    counters.raise_to(host.state, counters.FENCE, 2)
    return peer


def test_a_run_that_was_overtaken_stops_before_its_next_step(host):
    peer = overtaken(host)

    end = peer.ask(order("BUILD", step("install", [shell("true")])), "order")

    assert (end["ok"], end["step"]) == (False, "install")
    assert "fence is `2`, ours is `1`" in end["cause"]
    started = [one["step"] for one in host.journal() if one.get("state") == "start"]
    assert started == ["pull"]


def test_a_run_that_was_overtaken_undoes_nothing_any_more(host):
    peer = overtaken(host)

    end = peer.ask({"verb": "undo", "reason": "it failed"}, "undone")

    assert end["outcome"] == "rollback_failed"
    assert not [one for one in host.journal() if one["event"] == "undo"]
