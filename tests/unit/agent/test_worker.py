import json
from contextlib import suppress
from threading import Event

import pytest

from deployer.agent.disk.ballast import Ballast
from deployer.agent.runs.journal import Journal, Writer
from deployer.agent.runs.lock import Lock
from deployer.agent.runs.recovery import ATTEMPTS
from tests.unit.agent.talk import BEGIN, RELEASE, order, shell, step


def outcomes(host):
    return [one["outcome"] for one in host.journal() if one["event"] == "end"]


def writes(host, name):
    path = host.root / name
    return shell(f"echo {name} >> {path}")


def wrote(host, name):
    path = host.root / name
    return path.read_text().split() if path.exists() else []


@pytest.fixture
def peer(host):
    peer = host.worker()
    assert peer.receive() == {"event": "begun", "fence": 1}
    return peer


def test_an_order_tells_what_it_does_and_how_it_ended(peer):
    peer.send(order("BUILD", step("pull", [shell("echo hello")])))

    *told, end = peer.until("order")

    assert [(one["event"], one.get("state") or one.get("line")) for one in told] == [
        ("step", "started"),
        ("action", None),
        ("line", "hello"),
        ("step", "finished"),
    ]
    assert (end["ok"], end["results"]) == (True, {})


@pytest.mark.usefixtures("peer")
def test_room_to_go_back_is_held_from_the_beginning_of_a_run(host):
    assert Ballast((host.state / "ballast",)).give_up()


def test_undo_is_on_disk_before_the_step_is_begun(host, peer):
    seen = host.root / "seen"
    journal = host.state / "journal"
    undo = [{"action": "PutBack", "path": "/etc/shop/x"}]

    peer.ask(order("BUILD", step("pull", [shell(f"cp {journal} {seen}")], undo)), "order")

    last = json.loads(seen.read_bytes().splitlines()[-1].split(b"\t")[0])
    assert (last["step"], last["state"], last["undo"]) == ("pull", "start", undo)


def test_it_stops_at_the_first_failure_and_undoes_nothing_by_itself(host, peer):
    undo = [writes(host, "undone")]
    steps = (step("one", [shell("echo why; exit 3")], undo), step("two", [writes(host, "two")]))

    end = peer.ask(order("BUILD", *steps), "order")

    assert (end["ok"], end["step"]) == (False, "one")
    assert "exit" in end["cause"]
    assert end["log"] == ["why"]
    assert wrote(host, "two") == wrote(host, "undone") == []


def test_undo_goes_backwards_through_all_that_was_started(host, peer):
    steps = [step(name, [shell("true")], [writes(host, "undone")]) for name in ("one", "two")]
    steps[1]["undo"] = [shell(f"echo two >> {host.root}/undone")]
    steps.append(step("three", [shell("false")], [shell(f"echo three >> {host.root}/undone")]))
    peer.ask(order("BUILD", *steps), "order")

    end = peer.ask({"verb": "undo", "reason": "three failed"}, "undone")

    assert wrote(host, "undone") == ["three", "two", "undone"]
    assert (end["outcome"], end["cause"]) == ("aborted", "")
    assert outcomes(host) == ["aborted"]


def test_after_publishing_the_live_release_is_settled_forwards(host):
    settle = [shell(f"echo one >> {host.root}/settled"), writes(host, "settled")]
    peer = host.worker(settle=settle)
    peer.until("begun")
    peer.ask(order("BUILD", step("pull", [], [writes(host, "undone")])), "order")
    peer.ask(order("PUBLISH", step("activate", [shell("true")])), "order")

    end = peer.ask({"verb": "undo", "reason": "unhealthy"}, "undone")

    assert end["outcome"] == "rolled_back"
    assert wrote(host, "undone") == ["undone"]
    assert wrote(host, "settled") == ["one", "settled"]
    peer.close()


def test_a_release_that_cannot_be_settled_is_a_failed_rollback(host):
    peer = host.worker(settle=[shell("echo dead; false"), writes(host, "settled")])
    peer.worker.pause = 0
    peer.until("begun")
    peer.ask(order("VERIFY", step("health", [shell("false")])), "order")

    end = peer.ask({"verb": "undo", "reason": "unhealthy"}, "undone")

    assert end["outcome"] == "rollback_failed"
    assert end["cause"].startswith("settle: ")
    assert "dead" in end["log"]
    assert wrote(host, "settled") == ["settled"] * ATTEMPTS
    peer.close()
    host.wait()
    assert host.exit_codes == [1]
    assert outcomes(host) == ["rollback_failed"]


def test_what_fails_once_while_it_is_put_back_is_done_again(host):
    flag = host.root / "flag"
    peer = host.worker(settle=[shell(f"test -e {flag} || {{ touch {flag}; false; }}")])
    peer.worker.pause = 0
    peer.until("begun")
    peer.ask(order("VERIFY", step("health", [shell("false")])), "order")

    end = peer.ask({"verb": "undo", "reason": "unhealthy"}, "undone")

    assert (end["outcome"], end["log"]) == ("rolled_back", [])
    assert outcomes(host) == ["rolled_back"]


def test_an_undo_that_fails_does_not_keep_the_others_from_being_done(host, peer):
    steps = [step("one", [], [writes(host, "undone")]), step("two", [], [shell("false")])]
    peer.ask(order("BUILD", *steps), "order")

    end = peer.ask({"verb": "undo", "reason": "asked"}, "undone")

    assert wrote(host, "undone") == ["undone"]
    assert end["outcome"] == "aborted"
    assert end["cause"].startswith("two: ")


def test_a_lost_controller_means_undo(host, peer):
    peer.ask(order("PUBLISH", step("activate", [], [writes(host, "undone")])), "order")

    peer.close()
    host.wait()

    assert wrote(host, "undone") == ["undone"]
    assert outcomes(host) == ["rolled_back"]
    assert "controller was lost" in (host.root / "var/log/deploy.log").read_text()


def test_a_controller_lost_within_an_order_stops_it_first(host, peer):
    peer.send(
        order(
            "BUILD",
            step("slow", [shell("echo at work; sleep 60")], [writes(host, "undone")]),
            step("next", [writes(host, "next")]),
        )
    )
    peer.until("line")

    peer.close()
    host.wait()

    assert (wrote(host, "undone"), wrote(host, "next")) == (["undone"], [])
    assert outcomes(host) == ["aborted"]


def test_cancel_is_heard_while_a_program_runs(peer):
    peer.send(order("BUILD", step("slow", [shell("echo at work; sleep 60")])))
    peer.until("line")

    end = peer.ask({"verb": "cancel"}, "order")

    assert (end["ok"], end["cause"]) == (False, "cancelled")
    assert peer.ask(order("BUILD", step("more", [shell("true")])), "order")["ok"] is False
    assert peer.ask({"verb": "undo", "reason": "cancelled"}, "undone")["outcome"] == "aborted"


def test_a_stopped_agent_puts_back(host, peer):
    peer.ask(order("PUBLISH", step("activate", [], [writes(host, "undone")])), "order")

    peer.worker.stop()
    host.wait()

    assert wrote(host, "undone") == ["undone"]


def test_a_stopped_agent_takes_no_more_orders(host, peer):
    peer.ask(order("PUBLISH", step("activate", [], [writes(host, "undone")])), "order")

    peer.worker.stop()
    with suppress(BrokenPipeError):
        peer.send({"verb": "commit"})
    host.wait()

    assert outcomes(host) == ["rolled_back"]


def test_while_the_host_goes_down_the_run_stays_open_for_the_recovery_at_boot(host, peer):
    peer.worker.host_stops = lambda: True
    slow = step("activate", [shell("echo at work; sleep 60")], [writes(host, "undone")])
    peer.send(order("PUBLISH", slow))
    peer.until("line")

    peer.send({"verb": "undo", "reason": "the order failed"})
    Event().wait(0.2)  # until it lies in the mailbox, behind the order that is at work
    peer.worker.stop()
    host.wait()

    assert (wrote(host, "undone"), outcomes(host)) == ([], [])
    assert host.exit_codes == [1]


def test_a_way_back_that_the_end_of_the_host_cuts_short_stays_open(host, peer):
    stops = [False, True]
    peer.worker.host_stops = lambda: stops.pop(0)
    peer.ask(order("PUBLISH", step("activate", [], [shell("false")])), "order")

    peer.worker.stop()
    host.wait()

    assert outcomes(host) == []


def test_a_commit_is_on_disk_when_it_is_answered(host, peer):
    peer.ask(order("PUBLISH", step("activate", [], [writes(host, "undone")])), "order")

    answer = peer.ask({"verb": "commit"}, "committed", "refused")

    assert answer == {"event": "committed", "release": ""}
    assert outcomes(host) == ["committed"]


def test_after_a_commit_nothing_is_undone(host, peer):
    peer.ask(order("PUBLISH", step("activate", [], [writes(host, "undone")])), "order")
    peer.ask({"verb": "commit"}, "committed")

    late = peer.ask({"verb": "undo", "reason": "too late"}, "error", "undone")
    peer.close()
    host.wait()

    assert late["event"] == "error"
    assert wrote(host, "undone") == []
    assert host.exit_codes == [0]


def test_a_commit_makes_the_release_good(host):
    record = host.root / "srv/shop/releases" / RELEASE["id"] / "release.json"
    record.parent.mkdir()
    record.write_text(json.dumps({"id": RELEASE["id"], "state": "live"}))
    peer = host.worker(release=RELEASE)
    peer.until("begun")

    answer = peer.ask({"verb": "commit"}, "committed", "refused")

    assert answer == {"event": "committed", "release": RELEASE["id"]}
    assert json.loads(record.read_text())["state"] == "good"
    peer.close()


def test_a_run_with_a_failed_order_is_not_committed(peer):
    peer.ask(order("BUILD", step("pull", [shell("false")])), "order")

    assert peer.ask({"verb": "commit"}, "committed", "refused")["event"] == "refused"


def test_finishing_touches_come_only_after_the_commit(peer):
    finish = order("FINISH", step("prune", [shell("true")]))

    assert "cannot be given" in peer.ask(finish, "order")["cause"]


def test_finishing_touches_that_fail_are_reported_and_not_undone(host, peer):
    peer.ask({"verb": "commit"}, "committed")

    end = peer.ask(
        order("FINISH", step("prune", [shell("false")], [writes(host, "undone")])), "order"
    )
    peer.close()
    host.wait()

    assert end["ok"] is False
    assert wrote(host, "undone") == []
    assert outcomes(host) == ["committed"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (order("BUILD", step("x", [{"action": "Format"}])), "does not know the action `Format`"),
        (order("BUILD", step("x", [], [{"action": "Format"}])), "does not know the action"),
        (order("LATER", step("x")), "is not a phase"),
        (
            order("BUILD", step("x", [], [{"action": "Put", "content": {"blob": 0}}])),
            "carries content",
        ),
        (
            order("BUILD", step("x", [{"action": "Put", "content": {"blob": 3}}])),
            "did not come with it",
        ),
        ({"verb": "order", "phase": "BUILD", "steps": "all"}, "not understood"),
        ({"verb": "order", "phase": "BUILD", "steps": [{"name": "x", "do": [1]}]}, "understood"),
    ],
)
def test_an_order_is_checked_whole_before_anything_is_done(host, peer, wrong, said):
    end = peer.ask(wrong, "order")

    assert end["ok"] is False
    assert said in end["cause"]
    assert [one["event"] for one in host.journal()] == ["begin"]


def test_an_unknown_verb_is_refused_and_the_run_goes_on(peer):
    assert peer.ask({"verb": "reboot"}, "error")["message"].startswith("`reboot`")
    assert peer.ask({"verb": "commit"}, "committed")["event"] == "committed"


def test_a_bug_in_an_action_fails_the_order_and_leaves_the_run_undoable(host, peer):
    broken = {"action": "Run", "command": 7}

    end = peer.ask(order("BUILD", step("pull", [broken], [writes(host, "undone")])), "order")

    assert end["cause"].startswith("bug in the agent: ")
    assert any("programs.py" in line for line in end["log"])
    assert peer.ask({"verb": "undo", "reason": "bug"}, "undone")["outcome"] == "aborted"
    assert wrote(host, "undone") == ["undone"]


def test_content_and_stdin_never_reach_events_journal_or_log(host, peer):
    put = {"action": "Put", "path": "/etc/shop/env", "content": {"blob": 0}, "mode": 0o600}
    put.update(owner="root", group="root")
    (host.root / "etc/shop").mkdir(parents=True)
    peer.send(
        order("BUILD", step("write", [put, {**shell("cat > /dev/null"), "stdin": {"blob": 1}}])),
        [b"hunter2-content", b"hunter2-stdin"],
    )

    told = peer.until("order")
    peer.ask({"verb": "undo", "reason": "x"}, "undone")

    log = (host.root / "var/log/deploy.log").read_text()
    journal = (host.state / "journal").read_text()
    assert "hunter2" not in json.dumps(told) + log + journal


def test_a_host_that_is_not_set_up_refuses(host):
    host.state.rmdir()

    answer = host.worker().receive()

    assert (answer["event"], answer["why"]) == ("refused", "not-set-up")


def test_a_second_run_is_refused_and_told_who_is_at_work(host):
    host.worker().until("begun")
    second = host.worker(run="r2")

    answer = second.receive()

    assert (answer["event"], answer["why"]) == ("refused", "locked")
    assert "ann@laptop" in answer["message"]
    second.close()


def test_a_held_app_takes_no_deploy_but_a_rollback(host):
    hold = {"id": "h1", "who": "bob", "why": "migration at night"}
    (host.state / "hold.json").write_text(json.dumps(hold))

    deploy = host.worker().receive()
    rollback = host.worker(run="r2", command="rollback")

    assert (deploy["why"], "migration at night" in deploy["message"]) == ("held", True)
    assert rollback.receive()["event"] == "begun"
    rollback.close()


def test_a_plan_made_before_another_run_is_stale(host):
    first = host.worker(fence=0)
    assert first.receive() == {"event": "begun", "fence": 1}
    first.send({"verb": "commit"})
    first.until("committed")
    first.close()
    host.wait()

    assert host.worker(run="r2", fence=0).receive()["why"] == "stale"
    second = host.worker(run="r3", fence=1)
    assert second.receive() == {"event": "begun", "fence": 2}
    second.close()


def test_the_number_of_a_release_counts_as_used_from_the_beginning(host):
    peer = host.worker(release=RELEASE)
    peer.until("begun")

    assert (host.state / "counter").read_text() == "42\n"
    peer.close()


@pytest.mark.parametrize(
    "release", [{"id": "../../etc", "revision": "1a2b3c4"}, {"id": RELEASE["id"]}, "x"]
)
def test_a_release_with_a_strange_name_is_refused(host, release):
    assert host.worker(release=release).receive()["event"] == "refused"
    assert not (host.state / "journal").read_bytes()


def leave_open(host, undo):
    journal = Journal(host.state / "journal")
    by = Writer("r0", 1)
    journal.write(by, "begin", settle=[], command="deploy")
    journal.write(by, "step", state="start", step="activate", phase="PUBLISH", undo=undo)
    journal.close()


def test_an_open_run_is_put_back_first_and_the_old_plan_refused(host):
    leave_open(host, [writes(host, "undone")])

    answer = host.worker(fence=0).receive()

    assert (answer["event"], answer["why"]) == ("refused", "recovery")
    assert wrote(host, "undone") == ["undone"]
    assert outcomes(host) == ["rolled_back"]
    retry = host.worker(run="r2", fence=1)
    assert retry.receive()["event"] == "begun"
    retry.close()


def test_a_run_that_asks_for_no_fence_goes_on_after_recovery(host):
    leave_open(host, [writes(host, "undone")])

    peer = host.worker(fence=None)

    assert peer.receive()["event"] == "begun"
    assert wrote(host, "undone") == ["undone"]
    peer.close()


def test_the_lock_is_free_when_the_worker_has_ended(host, peer):
    peer.ask({"verb": "commit"}, "committed")
    peer.send({"verb": "bye"})

    assert peer.receive() is None
    Lock(host.state, {"run": "next"}).release()


def test_facts_are_answered_within_a_run(peer):
    asked = {"verb": "facts", "app": "shop", "ask": [{"fact": "app", "key": "app"}]}

    answer = peer.ask(asked, "facts")["answers"]["app"]

    assert answer["locked_by"]["run"] == "r1"
    assert answer["open_run"]["command"] == "deploy"


def test_the_log_for_people_has_one_line_for_the_end(host, peer):
    peer.ask({"verb": "commit"}, "committed")
    peer.send({"verb": "bye"})
    peer.receive()

    last = (host.root / "var/log/deploy.log").read_text().splitlines()[-1]
    assert last[20:].startswith("shop deploy committed by ann@laptop in ")


def test_begin_carries_everything_that_putting_back_needs(host):
    host.worker().until("begun")

    begin = host.journal()[0]

    assert (begin["command"], begin["actor"], begin["settle"]) == ("deploy", "ann@laptop", [])
    assert BEGIN["run"] == begin["run"]
