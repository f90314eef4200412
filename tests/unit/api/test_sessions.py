from dataclasses import replace

import pytest

from deployer.api.agent_package import digest
from deployer.api.sessions import Unreached, address, opened, reached, total
from deployer.core.transport import HostAddress
from deployer.engine.redact import Redactor
from deployer.errors import AgentMissing, HostUnreachable
from deployer.transport.scripted import Script, ScriptedTransport
from tests.shop_values import inventory

GREETS = Script(hello={"hello": {"agent": digest(), "protocol": 1}})
OLDER = Script(hello={"hello": {"agent": "0123456789ab", "protocol": 1}})
GONE = Script(refuses=HostUnreachable("No route.", host="web2", hint="look"))
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJc7nh5Hl1WrEGCj7EQ6Y3dC9rK0aQ8Z8T0Zk2S3h4Ux"


def at(**scripts: Script) -> tuple[ScriptedTransport, tuple[HostAddress, ...]]:
    return ScriptedTransport(scripts), tuple(HostAddress(name, name) for name in scripts)


def test_all_hosts_are_opened_in_the_order_of_the_inventory():
    transport, addresses = at(web2=GREETS, web1=GREETS)

    with opened(transport, "shop", addresses, lambda _: None, Redactor(())) as sessions:
        assert list(sessions) == ["web2", "web1"]
        assert {host: counts.connections for host, counts in total(sessions).items()} == {
            "web2": 1,
            "web1": 1,
        }


def test_one_host_that_cannot_be_opened_is_all_that_is_said():
    transport, addresses = at(web1=GREETS, web2=GONE, web3=OLDER)

    with (
        pytest.raises(Unreached) as caught,
        opened(transport, "shop", addresses, lambda _: None, Redactor(())),
    ):
        pass

    assert list(caught.value.errors) == ["web2", "web3"]


def test_those_that_answer_can_be_read_without_the_others():
    transport, addresses = at(web1=GREETS, web2=GONE)

    with reached(transport, "shop", addresses, lambda _: None, Redactor(())) as (found, errors):
        assert (list(found), list(errors)) == (["web1"], ["web2"])


def test_another_version_of_the_agent_is_not_spoken_to():
    transport, addresses = at(web1=OLDER)

    with reached(transport, "shop", addresses, lambda _: None, Redactor(())) as (found, errors):
        assert found == {}

    assert isinstance(errors["web1"], AgentMissing)
    assert "is version `0123456789ab`, this tool needs" in errors["web1"].message
    assert "inv setup" in errors["web1"].hint


def test_a_host_has_what_the_inventory_says_of_it_or_of_all():
    whole = inventory(
        hosts={
            "web1": {"address": "192.0.2.1"},
            "web2": {"address": "192.0.2.2", "port": 2202, "user": "ann", "host_keys": [KEY]},
        },
        rest={"ssh": {"user": "ship", "setup_user": "admin-1", "port": 2222}},
    )
    first, second = whole.hosts.values()

    plain = HostAddress("web1", "192.0.2.1", 2222, "ship", connect_timeout=10.0)
    assert address(whole, first) == plain
    assert address(whole, first, setup=True) == replace(plain, user="admin-1")
    assert address(whole, second) == HostAddress("web2", "192.0.2.2", 2202, "ann", "", (KEY,))


@pytest.mark.parametrize(
    ("jump", "user", "name", "port"),
    [
        ("gate.example.org", "deploy", "gate.example.org", 22),
        ("ann@gate.example.org:2200", "ann", "gate.example.org", 2200),
        ("[2001:db8::1]:2200", "deploy", "2001:db8::1", 2200),
        ("ann@[2001:db8::1]", "ann", "2001:db8::1", 22),
        ("192.0.2.9", "deploy", "192.0.2.9", 22),
    ],
)
def test_a_host_in_between_is_read_from_one_text(jump, user, name, port):
    whole = inventory(rest={"ssh": {"jump": jump}})
    (host,) = whole.hosts.values()

    between = HostAddress(f"jump host {name}", name, port, user)
    assert address(whole, host).jump == between


def test_a_session_can_be_opened_again_over_a_new_connection():
    transport, addresses = at(web1=GREETS)

    with opened(transport, "shop", addresses, lambda _: None, Redactor(())) as sessions:
        again = sessions["web1"].reopen()

        assert again.channel is not sessions["web1"].channel
        assert transport.opened == ["web1", "web1"]
        again.close()
