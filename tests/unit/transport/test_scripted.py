import pytest

from deployer.core.transport import Completed, HostAddress
from deployer.errors import ConnectionLost, HostTimeout, HostUnreachable, InternalError
from deployer.transport.scripted import Exchange, Fault, Script, ScriptedTransport

WEB1 = HostAddress("web1", "192.0.2.1")
FACTS = {"event": "facts", "answers": {}}


def play(*exchanges):
    transport = ScriptedTransport({"web1": Script(exchanges)})
    channel = transport.open(WEB1)
    channel.receive(1)
    return transport, channel


def test_a_script_goes_on_over_several_conversations():
    transport, channel = play(Exchange("facts", (FACTS,)), Exchange("bye"))
    channel.send({"verb": "facts"})
    channel.close()

    again = transport.open(WEB1)
    again.receive(1)
    again.send({"verb": "bye"}, (b"blob",))

    assert transport.opened == ["web1", "web1"]
    assert transport.heard == {"web1": [{"verb": "facts"}, {"verb": "bye"}]}
    assert transport.blobs == {"web1": [b"blob"]}
    assert transport.unplayed("web1") == ()


def test_a_verb_that_is_not_expected_is_a_bug_of_the_caller():
    _, channel = play(Exchange("facts"))

    with pytest.raises(InternalError, match=r"`order`.*`facts`"):
        channel.send({"verb": "order"})


def test_a_link_lost_before_a_message_keeps_it_from_the_host():
    transport, channel = play(Exchange("order", (FACTS,), Fault.LOST_BEFORE))

    with pytest.raises(ConnectionLost):
        channel.send({"verb": "order"})
    with pytest.raises(ConnectionLost):
        channel.receive(1)
    assert transport.heard == {"web1": []}


def test_a_link_lost_after_a_message_leaves_it_with_the_host():
    transport, channel = play(Exchange("order", (FACTS,), Fault.LOST_AFTER))
    channel.send({"verb": "order"})

    assert channel.receive(1) == FACTS
    with pytest.raises(ConnectionLost):
        channel.receive(1)
    with pytest.raises(ConnectionLost):
        channel.send({"verb": "order"})
    assert transport.heard == {"web1": [{"verb": "order"}]}


def test_a_silent_host_times_out():
    _, channel = play(Exchange("order", fault=Fault.SILENT))
    channel.send({"verb": "order"})

    with pytest.raises(HostTimeout):
        channel.receive(1)


def test_a_host_may_refuse_to_be_opened():
    refusal = HostUnreachable("No.", host="web1", hint="Ask again.")
    transport = ScriptedTransport({"web1": Script(refuses=refusal)})

    with pytest.raises(HostUnreachable, match=r"No\."):
        transport.open(WEB1)
    with pytest.raises(HostUnreachable, match="web2"):
        transport.open(HostAddress("web2", "192.0.2.2"))


def test_a_bootstrap_ends_as_the_script_says():
    done = Completed(3, b"out", b"err")
    transport = ScriptedTransport({"web1": Script(bootstrapped=done)})

    assert transport.bootstrap(WEB1, b"", b"", 1) == done
