from pathlib import Path

import pytest

from deployer.core.transport import HostAddress
from deployer.errors import HostUnreachable
from deployer.transport.dialer import unreachable
from deployer.transport.openssh import Resolved, hop, read_answer, resolve

WEB1 = HostAddress("web1", "web1.example.org", user="deploy")
ANSWER = """\
user deploy
hostname 192.0.2.7
port 2222
hostkeyalias web-one
identitiesonly yes
identityfile ~/.ssh/one
identityfile /keys/two
identityagent /run/agent.sock
userknownhostsfile ~/.ssh/known_hosts /dev/null
globalknownhostsfile /etc/ssh/ssh_known_hosts
proxyjump ops@bastion:2200,inner
"""


def test_everything_that_ssh_answers_is_used(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")

    assert read_answer(ANSWER, WEB1, {}) == Resolved(
        hostname="192.0.2.7",
        port=2222,
        user="deploy",
        alias="web-one",
        identities=(Path("/home/me/.ssh/one"), Path("/keys/two")),
        identities_only=True,
        agent="/run/agent.sock",
        known_hosts=(Path("/home/me/.ssh/known_hosts"), Path("/etc/ssh/ssh_known_hosts")),
        jumps=("ops@bastion:2200", "inner"),
    )


def test_without_ssh_the_inventory_and_the_usual_files_count(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")

    found = resolve(WEB1, {"SSH_AUTH_SOCK": "/run/mine"}, program="/nonexistent/ssh")

    assert found.hostname == "web1.example.org"
    assert (found.port, found.user, found.jumps) == (22, "deploy", ())
    assert found.agent == "/run/mine"
    assert Path("/home/me/.ssh/id_ed25519") in found.identities
    assert Path("/home/me/.ssh/known_hosts") in found.known_hosts
    assert Path("/etc/ssh/ssh_known_hosts") in found.known_hosts


def test_a_config_that_ssh_cannot_read_is_not_passed_over(tmp_path):
    config = tmp_path / "config"
    config.write_text("ProxyJumpp bastion\n")

    with pytest.raises(HostUnreachable, match=r"`web1`: .*: Bad configuration option: proxyjumpp"):
        resolve(WEB1, {}, config=str(config))


def test_a_proxy_command_is_told_of_when_the_host_cannot_be_reached(tmp_path):
    config = tmp_path / "config"
    config.write_text("Host web1.*\n  ProxyCommand nc %h %p\n")

    found = resolve(WEB1, {}, config=str(config))

    assert found.proxy_command == "nc %h %p"
    assert "ProxyCommand" in unreachable(WEB1, found, TimeoutError()).hint
    assert "ssh -v" in unreachable(WEB1, resolve(WEB1, {}, config="/dev/null"), OSError()).hint


def test_a_real_ssh_reads_a_real_config(tmp_path):
    config = tmp_path / "config"
    config.write_text("Host web1.*\n  HostName 192.0.2.9 # here\n  Port 2200\n  User somebody\n")

    found = resolve(WEB1, {}, config=str(config))

    assert (found.hostname, found.port, found.user) == ("192.0.2.9", 2200, "deploy")


@pytest.mark.parametrize(
    ("value", "environment", "agent"),
    [
        ("SSH_AUTH_SOCK", {"SSH_AUTH_SOCK": "/run/a"}, "/run/a"),
        ("$OTHER", {"OTHER": "/run/b"}, "/run/b"),
        ("${OTHER}", {}, ""),
        ("none", {"SSH_AUTH_SOCK": "/run/a"}, ""),
        ('"/run/c"', {}, "/run/c"),
    ],
)
def test_the_agent_is_found_where_ssh_config_says(value, environment, agent):
    assert read_answer(f"identityagent {value}\n", WEB1, environment).agent == agent


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("bastion", ("", "bastion", 22)),
        ("ops@bastion:2200", ("ops", "bastion", 2200)),
        ("ssh://ops@bastion:2200/", ("ops", "bastion", 2200)),
        ("[2001:db8::1]:2200", ("", "2001:db8::1", 2200)),
        ("2001:db8::1", ("", "2001:db8::1", 22)),
        ("user@corp@bastion", ("user@corp", "bastion", 22)),
    ],
)
def test_a_jump_is_read_as_ssh_reads_it(words, expected):
    step = hop(words, 5)

    assert (step.user, step.address, step.port) == expected
