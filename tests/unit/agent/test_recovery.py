from deployer.agent.runs.recovery import ATTEMPTS, Plan, Started, plan

UNDO = {"action": "PutBack", "path": "/etc/x"}
SETTLE = {"action": "StartUnit", "unit": "shop@blue.service"}
BEGIN = {
    "event": "begin",
    "run": "r2",
    "seq": 1,
    "fence": 5,
    "time": 10.5,
    "command": "deploy",
    "actor": "ann",
    "release": {"id": "000002-1a2b3c4"},
    "settle": [SETTLE],
}
END = {"event": "end", "run": "r2", "seq": 9, "outcome": "committed"}


def start(step, phase, seq):
    record = {"event": "step", "state": "start", "run": "r2", "fence": 5, "seq": seq}
    return {**record, "step": step, "phase": phase, "undo": [UNDO]}


PULL = start("pull", "BUILD", 2)
ACTIVATE = start("activate", "PUBLISH", 3)


def opened(records):
    found = plan(records)
    assert found is not None
    return found


def test_a_run_with_its_end_leaves_nothing_to_do():
    assert plan([BEGIN, PULL, END]) is None
    assert plan([]) is None


def test_started_steps_are_undone_backwards_and_the_live_release_settled():
    assert plan([BEGIN, PULL, ACTIVATE]) == Plan(
        run="r2",
        fence=5,
        seq=3,
        command="deploy",
        actor="ann",
        release="000002-1a2b3c4",
        began=10.5,
        undo=(Started("activate", "PUBLISH", (UNDO,)), Started("pull", "BUILD", (UNDO,))),
        settle=(SETTLE,),
    )


def test_a_step_that_is_done_or_failed_is_undone_too():
    done = {**PULL, "state": "done", "seq": 3}
    failed = {**ACTIVATE, "state": "failed", "seq": 5}

    found = opened([BEGIN, PULL, done, {**ACTIVATE, "seq": 4}, failed])

    assert [one.step for one in found.undo] == ["activate", "pull"]


def test_only_publish_and_verify_touch_what_users_see():
    assert not opened([BEGIN, PULL]).is_exposed
    assert opened([BEGIN, PULL, ACTIVATE]).is_exposed
    assert opened([BEGIN, start("health", "VERIFY", 2)]).is_exposed


def test_only_the_last_run_can_be_open():
    old = {**BEGIN, "run": "r1"}

    assert plan([old, BEGIN, END]) is None
    assert opened([old, {**END, "run": "r1"}, BEGIN]).run == "r2"


def test_a_run_whose_begin_was_damaged_is_still_undone():
    found = opened([ACTIVATE])

    assert (found.run, found.undo[0].step, found.settle) == ("r2", "activate", ())


def test_finishing_touches_after_the_commit_do_not_open_the_run_again():
    assert plan([BEGIN, PULL, END, start("prune", "FINISH", 10)]) is None


def test_after_some_attempts_it_is_hopeless():
    attempt = {"event": "undo", "state": "start", "run": "r2"}

    assert not opened([BEGIN, *[attempt] * (ATTEMPTS - 1)]).is_hopeless
    assert opened([BEGIN, *[attempt] * ATTEMPTS]).is_hopeless
