import pytest

from deployer.core.report import Outcome
from deployer.errors import HostUnreachable
from tests.flow.fake_host import Link, Trouble
from tests.flow.stage import SECOND, Stage, serving_first

FIRST_ID, SECOND_ID = "000001-aaaaaaa", "000002-bbbbbbb"
UNTOUCHED = ("backup", "pull", "install", "configure", "check")
LIVE = ("collect_static", "restart", "check_health", "activate", "check_front")
NAMES = ("web1", "web2", "web3")
Sizes = tuple[int | str, ...]
ROLLOUTS: tuple[Sizes, ...] = (("100%",), (1, "100%"), (1,))


def with_trouble(
    count: int = 1, batches: tuple[int | str, ...] = ("100%",), **on: Trouble
) -> Stage:
    return serving_first(count, batches=batches, troubles=on)


def assert_as_before(made: Stage) -> None:
    for host in made.hosts:
        assert (host.serving, host.live) == (FIRST_ID, FIRST_ID), host.name
        assert host.running == {"shop@blue.service": FIRST_ID}, host.name
        assert host.enabled == {"shop@blue.service"}, host.name
        assert host.state_of(FIRST_ID) == "good", host.name
        assert host.state_of(SECOND_ID) in {"gone", "failed"}, host.name
        assert not host.cooling, host.name
        assert not host.locked, host.name


@pytest.mark.parametrize("step", [*UNTOUCHED, *LIVE])
def test_a_failed_step_puts_a_host_back(step):
    made = with_trouble(web1=Trouble(fails=step))

    code = made.deploy(SECOND)

    stopped = (9, (Outcome.ABORTED,)) if step in UNTOUCHED else (6, (Outcome.ROLLED_BACK,))
    assert (code, made.outcomes) == stopped
    assert made.failures == (("web1", step),)
    assert made.spoken["web1"][-1] == "undo"
    assert_as_before(made)


@pytest.mark.parametrize("batches", ROLLOUTS)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("step", [*UNTOUCHED, *LIVE])
def test_a_failed_step_on_one_host_puts_all_hosts_back(step, name, batches):
    made = serving_first(3, batches=batches, troubles={name: Trouble(fails=step)})

    code = made.deploy(SECOND)

    assert code == (9 if step in UNTOUCHED else 6)
    assert made.failures == ((name, step),)
    assert all(spoken[-1] == "undo" for spoken in made.spoken.values())
    assert_as_before(made)


@pytest.mark.parametrize("name", NAMES)
def test_hosts_of_later_batches_are_only_aborted(name):
    made = serving_first(3, batches=(1,), troubles={name: Trouble(fails="check_front")})

    made.deploy(SECOND)

    reached = NAMES.index(name) + 1
    late = 3 - reached
    assert made.outcomes == (Outcome.ROLLED_BACK,) * reached + (Outcome.ABORTED,) * late


@pytest.mark.parametrize("step", ["retire", "prune"])
def test_a_failed_finish_is_a_warning(step):
    made = with_trouble(web1=Trouble(fails=step))

    code = made.deploy(SECOND)

    assert (code, made.outcomes) == (0, (Outcome.COMMITTED,))
    assert made.hosts[0].serving == SECOND_ID
    told = f"finishing touches failed in step `{step}`: {step} was told to fail"
    assert made.warnings == (told,)


def test_a_release_that_answers_badly_never_gets_traffic():
    made = with_trouble()
    made.hosts[0].sick = {SECOND_ID}
    served: set[str] = set()
    made.watch = lambda _: served.add(made.hosts[0].serving)

    code = made.deploy(SECOND)

    assert (code, made.outcomes) == (6, (Outcome.ROLLED_BACK,))
    assert served == {FIRST_ID}
    assert_as_before(made)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("why", ["locked", "held", "stale"])
def test_a_host_that_is_taken_stops_all_hosts(name, why):
    refusal = {"event": "refused", "why": why, "message": "ann is at work", "hint": "wait"}
    made = serving_first(3, troubles={name: Trouble(refuses=refusal)})

    code = made.deploy(SECOND)

    others = [host for host in made.hosts if host.name != name]
    assert code == 5
    assert made.spoken[name][-1] == "begin"
    assert [host.outcomes for host in others] == [["aborted"]] * 2
    assert all("order PREPARE" not in spoken for spoken in made.spoken.values())
    assert_as_before(made)


def test_a_taken_host_is_reported_with_its_cause_beside_the_others():
    refusal = {"event": "refused", "why": "locked", "message": "ann is at work", "hint": "wait"}
    made = with_trouble(3, web2=Trouble(refuses=refusal))

    made.deploy(SECOND)

    assert made.ending is not None
    assert [(one.host, one.outcome, one.cause, one.hint) for one in made.ending.hosts] == [
        ("web1", Outcome.ABORTED, "", ""),
        ("web2", Outcome.LOCKED, "`web2`: ann is at work", "wait"),
        ("web3", Outcome.ABORTED, "", ""),
    ]
    assert made.failures == (("web2", "begin"),)


def test_a_host_that_cannot_begin_for_another_reason_aborts_the_deploy():
    refusal = {"event": "refused", "why": "recovery", "message": "an open run cannot be undone"}
    made = with_trouble(2, web1=Trouble(refuses=refusal))

    code = made.deploy(SECOND)

    assert (code, made.outcomes) == (9, (Outcome.ABORTED,) * 2)
    assert_as_before(made)


def test_a_refused_begin_does_not_hide_that_another_host_could_not_be_put_back():
    refusal = {"event": "refused", "why": "locked", "message": "ann is at work"}
    made = with_trouble(2, web1=Trouble(refuses=refusal), web2=Trouble(undo_fails=True))

    code = made.deploy(SECOND)

    assert (code, made.outcomes) == (7, (Outcome.LOCKED, Outcome.ROLLBACK_FAILED))


@pytest.mark.parametrize("when", [Link.LOST_AFTER, Link.SILENT])
def test_a_host_lost_after_it_said_committed_is_committed(when):
    made = with_trouble(web1=Trouble(link=("order FINISH", when)))

    code = made.deploy(SECOND)

    assert (code, made.outcomes) == (0, (Outcome.COMMITTED,))
    assert made.hosts[0].serving == SECOND_ID
    (warning,) = made.warnings
    assert "it is committed and finishes by itself" in warning


@pytest.mark.parametrize("why", ["stale", "recovery"])
def test_a_refused_commit_is_never_called_committed(why):
    refusal = {"event": "refused", "why": why, "message": "The deadline has passed."}
    made = with_trouble(web1=Trouble(refuses_commit=refusal))

    code = made.deploy(SECOND, no_confirm=True)

    assert (code, made.outcomes) == (6, (Outcome.ROLLED_BACK,))
    assert made.ending is not None
    assert made.ending.hosts[0].cause == "`web1`: The deadline has passed."
    assert made.hosts[0].outcomes == ["rolled_back"]
    assert_as_before(made)


def test_one_refused_commit_leaves_the_fleet_on_two_releases():
    refusal = {"event": "refused", "why": "failed", "message": "The disk is full."}
    made = with_trouble(2, web1=Trouble(refuses_commit=refusal))

    code = made.deploy(SECOND, no_confirm=True)

    assert (code, made.outcomes) == (8, (Outcome.ROLLED_BACK, Outcome.COMMITTED))
    assert [host.serving for host in made.hosts] == [FIRST_ID, SECOND_ID]


@pytest.mark.parametrize("verb", ["begin", "order", "undo", "commit", "propose", "confirm"])
def test_an_agent_that_does_not_understand_is_no_success(verb):
    made = with_trouble(web1=Trouble(garbles=verb, fails="check" if verb == "undo" else ""))

    code = made.deploy(SECOND, no_confirm=verb == "commit")

    assert code in {6, 7, 9}
    assert_as_before(made)


def test_a_host_that_cannot_be_put_back_pages_somebody():
    made = with_trouble(2, web1=Trouble(fails="check_front", undo_fails=True))

    code = made.deploy(SECOND)

    assert (code, made.outcomes) == (7, (Outcome.ROLLBACK_FAILED, Outcome.ROLLED_BACK))
    assert made.ending is not None
    assert made.ending.next_command == "inv status --env prod"


def test_one_host_that_cannot_be_reached_leaves_all_untouched():
    gone = HostUnreachable("No route.", host="web2", hint="look at its network")
    made = with_trouble(3, web2=Trouble(unreachable=gone))

    code = made.deploy(SECOND)

    assert code == 4
    assert made.outcomes == (Outcome.UNCHANGED, Outcome.UNREACHABLE, Outcome.UNCHANGED)
    assert set(made.spoken.values()) == {()}


def test_the_next_deploy_after_a_failure_gets_a_new_number():
    made = with_trouble(web1=Trouble(fails="check"))
    made.deploy(SECOND)
    made.hosts[0].trouble = Trouble()

    code = made.deploy(SECOND)

    assert (code, made.hosts[0].serving) == (0, "000003-bbbbbbb")
