"""A controller that dies in the middle of the confirms leaves nothing that is not seen."""

import pytest

from deployer.api.recover import MustBuild
from deployer.core.event import StepStarted
from deployer.core.report import Outcome
from deployer.core.transport import Message
from deployer.errors import FleetSplit, Locked
from tests.flow.fake_host import Trouble
from tests.flow.stage import KILLED, SECOND, THIRD, Stage, serving_first
from tests.flow.test_failures import FIRST_ID, SECOND_ID

NO: Message = {"event": "refused", "why": "failed", "message": "The disk is full."}
WORDS = range(60, 160)
"""When a controller dies around the proposals, the looks and the confirms; it ends before 160."""


def serving(made: Stage) -> set[str]:
    return {host.serving for host in made.hosts}


def steps(made: Stage, host: str) -> list[str]:
    started = (one for one in made.events if isinstance(one, StepStarted))
    return [one.step for one in started if one.host == host]


def split(count: int = 3) -> Stage:
    """The leader has committed the second release; its controller died before the others."""
    made = serving_first(count)
    for words in WORDS:
        made = serving_first(count)
        made.words = words
        if made.deploy(SECOND) == KILLED and made.hosts[0].serving == SECOND_ID:
            break
    assert [host.serving for host in made.hosts] == [SECOND_ID, *[FIRST_ID] * (count - 1)]
    return made


@pytest.mark.parametrize("command", ["deploy", "rollback", "force"])
def test_a_split_lets_nothing_begin_and_is_named(command):
    made = split()

    code = {
        "deploy": lambda: made.deploy(THIRD),
        "force": lambda: made.deploy(SECOND, force=True),
        "rollback": made.rollback,
    }[command]()

    assert code == 8
    assert isinstance(made.error, FleetSplit)
    assert made.error.message == (
        "The fleet is split: run `run-002` was committed on web1 (`000002-bbbbbbb`) but put back "
        "on web2, web3 (`000001-aaaaaaa`)."
    )
    assert "inv recover --env prod" in made.error.hint
    assert all("begin" not in spoken for spoken in made.spoken.values())


def test_recover_brings_the_rest_to_the_decided_release_without_building():
    made = split()

    code = made.recover()

    assert (code, serving(made)) == (0, {SECOND_ID})
    assert made.outcomes == (Outcome.COMMITTED,) * 3
    assert "begin" not in made.spoken["web1"]
    assert "pull" not in steps(made, "web2")
    assert {host.state_of(SECOND_ID) for host in made.hosts} == {"good"}
    assert {host.state_of(FIRST_ID) for host in made.hosts} == {"good"}
    assert made.deploy(THIRD) == 0


def test_recover_builds_the_release_again_if_it_was_discarded():
    made = split()
    del made.hosts[2].releases[SECOND_ID]

    with pytest.raises(MustBuild):
        made.recover()
    code = made.recover(builds=True)

    assert (code, serving(made)) == (0, {SECOND_ID})
    assert "pull" in steps(made, "web3")


def test_recover_can_take_the_others_back():
    made = split()

    code = made.recover(undo=True)

    assert (code, serving(made)) == (0, {FIRST_ID})
    assert "begin" not in made.spoken["web2"]
    assert made.hosts[0].state_of(SECOND_ID) == "rolled-back"
    assert made.deploy(THIRD) == 0


def test_a_recovery_that_fails_leaves_the_split_and_says_so():
    made = split()
    made.hosts[1].trouble = Trouble(fails="check_front")

    code = made.recover()

    assert code == 8
    made.hosts[1].trouble = Trouble()
    assert made.deploy(THIRD) == 8
    assert made.recover() == 0
    assert serving(made) == {SECOND_ID}


def test_nothing_to_recover_changes_nothing():
    made = serving_first(2)

    assert made.recover() == 0
    assert all(spoken == ("recover", "facts") for spoken in made.spoken.values())


def test_a_host_that_still_waits_is_confirmed_and_not_deployed_again():
    made = serving_first(2)
    made.is_early = True
    for words in WORDS:
        made = serving_first(2)
        made.is_early = True
        made.words = words
        made.deploy(SECOND)
        leader, other = made.hosts
        if leader.awaiting is None and other.awaiting is not None and other.records:
            break
    assert made.hosts[1].awaiting is not None

    assert made.deploy(THIRD) == 5
    assert isinstance(made.error, Locked) or made.error is None
    code = made.recover()

    assert (code, serving(made)) == (0, {SECOND_ID})
    assert "begin" not in made.spoken["web2"]


def test_a_host_that_cannot_commit_after_the_decision_is_a_split_that_can_be_finished():
    made = serving_first(2, troubles={"web2": Trouble(refuses_commit=NO)})
    assert made.deploy(SECOND) != 0
    made.hosts[1].trouble = Trouble()

    assert made.deploy(SECOND) == 8
    assert made.recover() == 0
    assert serving(made) == {SECOND_ID}


@pytest.mark.parametrize("words", WORDS)
def test_no_death_of_the_controller_leaves_a_split_that_nobody_sees(words):
    made = serving_first(3, batches=(1, "100%"))
    made.words = words

    code = made.deploy(SECOND)

    if len(serving(made)) > 1:
        assert code == KILLED
        assert made.deploy(SECOND) == 8
        assert made.recover() == 0
    assert len(serving(made)) == 1
    assert all(host.state_of(host.serving) == "good" for host in made.hosts)
