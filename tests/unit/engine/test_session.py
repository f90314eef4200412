import pytest

from deployer.core.actions.files import Put
from deployer.core.actions.units import StartUnit
from deployer.core.event import (
    ActionStarted,
    Event,
    OutputLine,
    RecoveryFinished,
    RecoveryStarted,
    StepFailed,
    StepFinished,
    StepStarted,
)
from deployer.core.fact import Fact, Facts
from deployer.core.host_state import app_state
from deployer.core.migrations import pending_migrations
from deployer.core.order import Order, OrderedStep
from deployer.core.plan import Plan
from deployer.core.report import Outcome
from deployer.core.transport import HostAddress, Message
from deployer.engine.redact import Redactor
from deployer.engine.session import Ended, Session
from deployer.errors import AgentRefused, ConnectionLost, Locked
from deployer.transport.scripted import Exchange, Fault, Script, ScriptedTransport
from tests.shop_values import REVISION, target

WEB1 = HostAddress("web1", "192.0.2.1")
PULL = Order("BUILD", (OrderedStep("pull", (Put("/etc/x", b"text"),), (StartUnit("x"),)),))
BEGUN: Message = {"event": "begun", "fence": 8}


class Talk:
    """A session on a script, the events that it told, and what the host heard."""

    def __init__(self, *exchanges: Exchange) -> None:
        self.transport = ScriptedTransport({"web1": Script(exchanges)})
        self.events: list[Event] = []
        channel = self.transport.open(WEB1)
        channel.receive(1)
        self.session = Session(
            "web1", "shop", channel, self.events.append, Redactor(["hush-hush", "aborted"])
        )

    @property
    def heard(self) -> list[Message]:
        return self.transport.heard["web1"]


def plan(*, makes_release: bool = True) -> Plan:
    on = target()
    return Plan(
        run="run-1",
        command="deploy",
        actor="ann",
        steps=(),
        targets=(on,),
        batches=(("web1",),),
        settle={"web1": (StartUnit("shop@blue.service"),)},
        fences={"web1": 7},
        live={"web1": ""},
        release=on.release if makes_release else None,
    )


def begun(*exchanges: Exchange) -> Talk:
    talk = Talk(Exchange("begin", (BEGUN,)), *exchanges)
    talk.session.begin(plan())
    return talk


def test_facts_are_asked_in_one_message_and_join_what_is_known():
    talk = Talk(Exchange("facts", ({"event": "facts", "answers": {"app": {"set_up": True}}},)))
    talk.session.facts = Facts({"older": 1})

    talk.session.ask((app_state(), app_state(), pending_migrations()))

    asked = [{"fact": "app", "key": "app"}]
    assert talk.heard == [{"verb": "facts", "app": "shop", "ask": asked}]
    assert talk.session.facts.answers == {"older": 1, "app": {"set_up": True}}


def test_nothing_is_sent_when_nothing_is_asked():
    talk = Talk()

    talk.session.ask((pending_migrations(),))

    assert talk.heard == []


def test_a_fact_that_failed_is_refused_with_its_reason():
    answers = {"disk": {"error": "no such place: hush-hush"}, "app": {"set_up": True}}
    talk = Talk(Exchange("facts", ({"event": "facts", "answers": answers},)))

    with pytest.raises(AgentRefused) as caught:
        talk.session.ask((app_state(), Fact("disk", "disk", str)))

    assert caught.value.message == "`web1` could not answer `disk`: no such place: ***"
    assert caught.value.host == "web1"
    assert caught.value.hint


def test_a_run_begins_with_its_fence_its_release_and_what_settles():
    talk = begun()

    assert talk.heard == [
        {
            "verb": "begin",
            "beats": True,
            "app": "shop",
            "run": "run-1",
            "command": "deploy",
            "actor": "ann",
            "release": {"id": "000042-1a2b3c4", "number": 42, "revision": REVISION},
            "fence": 7,
            "settle": [{"action": "StartUnit", "unit": "shop@blue.service", "timeout": 60.0}],
            "limit": 7200,
        }
    ]
    assert talk.session.began


def test_a_run_without_a_release_says_so():
    talk = Talk(Exchange("begin", (BEGUN,)))

    talk.session.begin(plan(makes_release=False))

    assert talk.heard[0]["release"] is None


@pytest.mark.parametrize(
    ("why", "error"),
    [
        ("locked", Locked),
        ("held", Locked),
        ("stale", Locked),
        ("recovery", AgentRefused),
        ("not-set-up", AgentRefused),
    ],
)
def test_a_refused_begin_says_why(why, error):
    no = {"event": "refused", "why": why, "message": "ann says hush-hush", "hint": "wait"}
    talk = Talk(Exchange("begin", (no,)))

    with pytest.raises(error) as caught:
        talk.session.begin(plan())

    assert caught.value.message == "`web1`: ann says ***"
    assert caught.value.hint == "wait"
    assert not talk.session.began


def test_an_order_travels_with_its_blobs_and_its_answers_are_told():
    replies = (
        {"event": "step", "step": "pull", "state": "started"},
        {"event": "action", "step": "pull", "text": "write /etc/x with hush-hush"},
        {"event": "line", "step": "pull", "line": "it is hush-hush\x1b[31m"},
        {"event": "step", "step": "pull", "state": "finished", "seconds": 2, "note": "new"},
        {"event": "never heard of"},
        {"event": "order", "ok": True, "results": {"check": {"migrations": {}}}},
    )
    talk = begun(Exchange("order", replies))

    end = talk.session.order(PULL)

    assert end == Ended(ok=True)
    assert talk.transport.blobs["web1"] == [b"text"]
    assert talk.events == [
        StepStarted("web1", "pull"),
        ActionStarted("web1", "pull", "write /etc/x with ***"),
        OutputLine("web1", "pull", "it is ***"),
        StepFinished("web1", "pull", 2.0, changed=True, note="new"),
    ]
    assert talk.session.facts.answers == {"check": {"migrations": {}}}


def test_a_failed_order_is_told_without_secrets():
    answer = {
        "event": "order",
        "ok": False,
        "step": "pull",
        "cause": "no hush-hush",
        "hint": "mend it",
        "seconds": 1.5,
        "log": ["hush-hush", 7],
    }
    talk = begun(Exchange("order", (answer,)))

    end = talk.session.order(PULL)

    assert end == Ended(ok=False, step="pull", cause="no ***", hint="mend it")
    assert talk.events == [
        StepFailed("web1", "pull", 1.5, "no ***", hint="mend it", log=("***", "7"))
    ]


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("aborted", Outcome.ABORTED),
        ("rolled_back", Outcome.ROLLED_BACK),
        ("rollback_failed", Outcome.ROLLBACK_FAILED),
        ("splendid", Outcome.UNKNOWN),
    ],
)
def test_an_undo_ends_as_the_host_says(said, outcome):
    answer = {"event": "undone", "outcome": said, "cause": "was hush-hush", "log": ["hush-hush"]}
    talk = begun(Exchange("undo", (answer,)))

    assert talk.session.undo("web2 failed") is outcome
    assert talk.events == [
        RecoveryStarted("web1", "web2 failed"),
        RecoveryFinished("web1", outcome, "was ***", ("***",)),
    ]
    assert not talk.session.began


def test_a_lost_host_is_not_said_to_recover():
    talk = begun(Exchange("undo", fault=Fault.LOST_BEFORE))

    with pytest.raises(ConnectionLost):
        talk.session.undo("web2 failed")
    assert talk.events == []


def test_a_commit_is_believed_when_the_host_says_so():
    talk = begun(Exchange("commit", ({"event": "committed", "release": "x"},)))

    talk.session.send_commit()
    talk.session.await_commit()

    assert not talk.session.began


def test_a_refused_commit_raises_and_the_run_stays_open():
    talk = begun(Exchange("commit", ({"event": "refused", "why": "late", "message": "too late"},)))
    talk.session.send_commit()

    with pytest.raises(AgentRefused, match="too late"):
        talk.session.await_commit()
    assert talk.session.began


def test_an_error_of_the_agent_is_raised_with_its_words():
    talk = begun(Exchange("order", ({"event": "error", "message": "what is hush-hush?"},)))

    with pytest.raises(AgentRefused, match=r"web1.*what is \*\*\*\?"):
        talk.session.order(PULL)


def test_only_a_run_that_is_open_is_cancelled():
    talk = Talk()

    talk.session.cancel()

    assert talk.heard == []


def test_a_cancel_is_sent_once():
    talk = begun(Exchange("cancel"), Exchange("undo", ({"event": "undone", "outcome": "aborted"},)))

    talk.session.cancel()
    talk.session.undo("interrupted")

    assert [message["verb"] for message in talk.heard] == ["begin", "cancel", "undo"]


def test_a_cancel_over_a_lost_link_disturbs_nobody():
    talk = begun(Exchange("cancel", fault=Fault.LOST_BEFORE))

    talk.session.cancel()


def test_one_thing_is_said_and_one_answer_waited_for():
    talk = Talk(Exchange("propose", ({"event": "line", "line": "x"}, {"event": "awaiting"})))

    answer = talk.session.exchange({"verb": "propose"}, ("awaiting",))

    assert answer == {"event": "awaiting"}
    assert talk.heard == [{"verb": "propose", "app": "shop"}]


def test_a_refusal_of_what_was_said_is_an_error():
    no: Message = {"event": "refused", "why": "not-awaiting", "message": "It does not wait."}
    talk = Talk(Exchange("confirm", (no,)))

    with pytest.raises(AgentRefused, match="does not wait"):
        talk.session.exchange({"verb": "confirm"}, ("verdict",))


def test_a_session_that_nobody_can_open_again_says_so():
    with pytest.raises(ConnectionLost):
        Talk().session.reopen()
