import socket
from contextlib import suppress

import pytest

from deployer.agent.runs.awaiting import Proposal, proposal
from deployer.agent.runs.journal import Journal, Writer
from deployer.agent.runs.lock import Lock
from deployer.agent.runs.recovering import recover
from deployer.agent.text import grammar
from tests.unit.agent.talk import PROPOSE, RELEASE, order, shell, step
from tests.unit.agent.test_worker import outcomes, writes, wrote


def published(host, run="r1"):
    """A run whose release is live, and what undoes it."""
    folder = host.root / "srv/shop/releases" / RELEASE["id"]
    folder.mkdir(exist_ok=True)
    peer = host.worker(run=run, release=RELEASE)
    peer.until("begun")
    undo = [writes(host, "undone")]
    peer.ask(order("PUBLISH", step("activate", [shell("true")], undo)), "order")
    return peer


@pytest.fixture
def waiting(host):
    peer = published(host)
    assert peer.ask(PROPOSE, "awaiting", "refused") == {"event": "awaiting", "deadline": 60.0}
    peer.worker.host_stops = lambda: False
    yield peer
    peer.worker.stop()


def confirm(host, run="r1"):
    """Confirm a run over a connection of its own."""
    front = host.front()
    answer = front.ask({"verb": "confirm", "app": "shop", "run": run}, "verdict", "refused")
    front.close()
    return answer


def ended(host):
    host.wait()
    return outcomes(host)


@pytest.mark.usefixtures("waiting")
def test_a_proposal_is_on_disk_with_all_that_is_needed_to_judge_the_fleet_later(host):
    record = host.journal()[-1]

    assert record["event"] == "await_confirm"
    assert (record["fleet"], record["leader"]) == (["web1", "web2"], "web1")
    assert (record["host"], record["deadline"]) == ("web1", 60.0)


def test_a_confirm_over_another_connection_commits(host, waiting):
    answer = confirm(host)

    assert (answer["event"], answer["outcome"]) == ("verdict", "committed")
    end = host.journal()[-1]
    assert (end["event"], end["outcome"]) == ("end", "committed")
    assert (end["fleet"], end["leader"]) == (["web1", "web2"], "web1")
    finish = waiting.ask(order("FINISH", step("prune", [shell("true")])), "order")
    assert finish["ok"] is True


def test_a_confirm_over_the_old_connection_counts_for_nothing(host, waiting):
    answer = waiting.ask({"verb": "confirm", "run": "r1"}, "error", "verdict")

    assert answer["event"] == "error"
    assert outcomes(host) == []


def test_nor_does_a_commit_once_it_waits(waiting):
    assert waiting.ask({"verb": "commit"}, "error", "committed")["event"] == "error"


def test_a_second_confirm_is_told_the_same(host, waiting):
    first = confirm(host)
    second = confirm(host)
    waiting.close()
    host.wait()
    third = confirm(host)

    assert first["outcome"] == second["outcome"] == third["outcome"] == "committed"
    assert outcomes(host) == ["committed"]


@pytest.mark.usefixtures("waiting")
def test_a_confirm_of_another_run_is_refused(host):
    answer = confirm(host, "r2")

    assert (answer["event"], answer["why"]) == ("refused", "unknown-run")
    assert outcomes(host) == []


@pytest.mark.usefixtures("waiting")
def test_what_comes_to_the_socket_for_another_run_is_refused(host):
    (path,) = host.sockets.glob("*.confirm")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stranger:
        stranger.connect(str(path))
        stranger.sendall(b'{"verb":"confirm","run":"r2"}\n')
        answer = stranger.recv(4096)

    assert b'"other-run"' in answer
    assert outcomes(host) == []


@pytest.mark.usefixtures("waiting")
def test_nonsense_at_the_socket_changes_nothing(host):
    (path,) = host.sockets.glob("*.confirm")
    for nonsense in (b"", b"hello\n", b"[]\n", b'{"verb":"undo"}\n'):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stranger, suppress(OSError):
            stranger.connect(str(path))
            stranger.sendall(nonsense)
            stranger.shutdown(socket.SHUT_WR)
            stranger.recv(4096)

    assert outcomes(host) == []
    assert confirm(host)["outcome"] == "committed"


@pytest.mark.usefixtures("waiting")
def test_only_root_may_knock(host):
    (path,) = host.sockets.glob("*.confirm")

    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_the_loss_of_the_old_connection_changes_nothing_any_more(host, waiting):
    waiting.close()

    answer = confirm(host)

    assert answer["outcome"] == "committed"
    assert ended(host) == ["committed"]
    Lock(host.state, {"run": "next"}).release()


def to_finish(host, line="true"):
    """A proposal that says what to do after its commit."""
    steps = [step("retire", [shell(line)]), step("prune", [writes(host, "pruned")])]
    return {**PROPOSE, "finish": {"phase": "FINISH", "steps": steps}}


def test_one_whose_controller_is_gone_finishes_by_itself(host):
    peer = published(host)
    peer.ask(to_finish(host), "awaiting")
    peer.close()

    assert confirm(host)["outcome"] == "committed"

    assert ended(host) == ["committed"]
    assert wrote(host, "pruned") == ["pruned"]
    assert [one["state"] for one in host.journal() if one.get("step") == "prune"] == [
        "start",
        "done",
    ]


def test_one_that_is_lost_while_it_finishes_goes_on_and_does_nothing_twice(host):
    peer = published(host)
    told = to_finish(host, "echo at work; sleep 0.3")
    peer.ask(told, "awaiting")
    confirm(host)
    peer.send({"verb": "order", **told["finish"]})
    peer.until("line")

    peer.close()

    assert ended(host) == ["committed"]
    assert wrote(host, "pruned") == ["pruned"]


def test_one_that_goes_back_finishes_nothing(host):
    peer = published(host)
    peer.ask({**to_finish(host), "deadline": 0.2}, "awaiting")

    assert ended(host) == ["rolled_back"]
    assert wrote(host, "pruned") == []


def test_an_order_for_later_that_is_not_understood_is_no_proposal(host):
    peer = published(host)
    wrong = {**PROPOSE, "finish": {"steps": [step("x", [{"action": "Format"}])]}}

    answer = peer.ask(wrong, "awaiting", "refused")

    assert (answer["event"], answer["why"]) == ("refused", "failed")
    assert "Format" in answer["message"]


def test_without_a_confirm_the_host_goes_back_by_itself(host):
    peer = published(host)
    peer.send({**PROPOSE, "deadline": 0.2})

    told = peer.until("undone")

    assert told[-1]["outcome"] == "rolled_back"
    assert ended(host) == ["rolled_back"]
    assert host.journal()[-1]["reason"] == "nobody confirmed in 0.2 s"
    assert wrote(host, "undone") == ["undone"]
    assert peer.receive() is None, "it does not wait for who did not confirm"


def test_a_late_confirm_is_told_what_really_happened(host):
    peer = published(host)
    peer.send({**PROPOSE, "deadline": 0.2})
    peer.until("undone")

    answer = confirm(host)

    assert (answer["event"], answer["outcome"]) == ("verdict", "rolled_back")
    assert answer["cause"] == "nobody confirmed in 0.2 s"


def test_the_deadline_counts_also_when_the_controller_is_gone(host):
    peer = published(host)
    peer.ask({**PROPOSE, "deadline": 0.2}, "awaiting")
    peer.close()

    assert ended(host) == ["rolled_back"]


def test_its_controller_can_still_take_it_back(host, waiting):
    answer = waiting.ask({"verb": "undo", "reason": "the probe failed"}, "undone")

    assert answer["outcome"] == "rolled_back"
    assert confirm(host)["outcome"] == "rolled_back"


def test_told_to_stop_it_goes_back(host, waiting):
    waiting.worker.stop()

    assert waiting.until("undone")[-1]["outcome"] == "rolled_back"
    assert ended(host) == ["rolled_back"]


def test_a_crash_while_it_waits_is_unwound_like_any_other(host):
    journal = Journal(host.state / "journal")
    by = Writer("r0", 1)
    journal.write(by, "begin", settle=[], command="deploy")
    undo = [writes(host, "undone")]
    journal.write(by, "step", state="start", step="activate", phase="PUBLISH", undo=undo)
    journal.write(by, "await_confirm", deadline=60.0, fleet=["web1"], host="web1", leader="web1")
    journal.close()

    assert recover("shop", host.root) == 0

    assert outcomes(host) == ["rolled_back"]
    assert wrote(host, "undone") == ["undone"]


def test_a_run_that_failed_is_not_proposed(host):
    peer = published(host)
    peer.ask(order("VERIFY", step("check", [shell("false")])), "order")

    answer = peer.ask(PROPOSE, "awaiting", "refused")

    assert (answer["event"], answer["why"]) == ("refused", "failed")


def test_a_commit_that_cannot_be_written_is_refused_and_can_be_undone(host, waiting):
    folder = host.root / "srv/shop/releases" / RELEASE["id"]
    folder.joinpath("release.json").mkdir()

    answer = confirm(host)
    back = waiting.ask({"verb": "undo", "reason": "it refused"}, "undone")

    assert (answer["event"], answer["why"]) == ("refused", "failed")
    assert back["outcome"] == "rolled_back"


def test_a_run_that_was_never_proposed_takes_no_confirm(host):
    published(host)

    answer = confirm(host)

    assert (answer["event"], answer["why"]) == ("refused", "not-awaiting")
    assert outcomes(host) == []


def test_a_proposal_is_read():
    assert proposal({**PROPOSE, "deadline": 9_999_999}) == Proposal(
        3600.0, "web1", "web1", ("web1", "web2")
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"deadline": None},
        {"deadline": True},
        {"fleet": "web1"},
        {"fleet": ["web2"]},
        {"host": "../etc"},
        {"leader": "web3"},
    ],
)
def test_a_proposal_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(grammar.WrongWord):
        proposal({**PROPOSE, **wrong})


def test_a_refused_proposal_leaves_the_run_open(host):
    peer = published(host)

    answer = peer.ask({**PROPOSE, "leader": "web9"}, "awaiting", "refused")
    committed = peer.ask({"verb": "commit"}, "committed")

    assert answer["event"] == "refused"
    assert committed["event"] == "committed"
