"""Somebody else's sshd at the address of ours: nothing is sent to it, whenever it comes."""

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from deployer.core.transport import HostAddress
from deployer.errors import DeployerError, HostKeyChanged, HostKeyUnknown
from deployer.transport.ssh import SshTransport
from tests.contract.loopback import Sshd, make_key, user

FAKE_AGENT = (sys.executable, "-IS", str(Path(__file__).with_name("fake_agent.py")))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("substitution")
    for name in ("ours", "theirs", "gate", "user"):
        make_key(where / name)
    (where / "authorized_keys").write_text((where / "user.pub").read_text())
    return where


@pytest.fixture
def host(folder: Path) -> Iterator[Sshd]:
    server = Sshd(folder, lines=[f"SetEnv HOME={folder}"], keys=("ours",)).start()
    yield server
    server.stop()


@pytest.fixture
def gate(folder: Path) -> Iterator[Sshd]:
    server = Sshd(folder, keys=("gate",)).start()
    yield server
    server.stop()


def public(folder: Path, name: str) -> str:
    return (folder / f"{name}.pub").read_text().rpartition(" ")[0]


def at(server: Sshd, name: str, *keys: str, jump: HostAddress | None = None) -> HostAddress:
    return HostAddress(
        name=name,
        address="127.0.0.1",
        port=server.port,
        user=user(),
        identity=str(server.folder / "user"),
        host_keys=tuple(public(server.folder, key) for key in keys),
        jump=jump,
    )


def ssh() -> SshTransport:
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    return SshTransport(environment, ssh_config="/dev/null", start=lambda _: FAKE_AGENT)


def take_over(server: Sshd, key: str) -> None:
    """Let another sshd answer at the same address and port; its log starts anew."""
    server.stop()
    server.keys = (key,)
    server.start()


def nothing_was_sent(server: Sshd) -> bool:
    """Whether nobody tried to log in, let alone to run something."""
    said = server.log()
    return not any(word in said for word in ("Accepted", "Failed", "Postponed", "invalid user"))


def refused(transport: SshTransport, host: HostAddress) -> DeployerError:
    with pytest.raises(DeployerError) as caught:
        transport.open(host)
    return caught.value


def test_an_sshd_with_another_key_at_the_same_address_gets_nothing(host: Sshd) -> None:
    ours = at(host, "web1", "ours")
    ssh().open(ours).close()

    take_over(host, "theirs")

    error = refused(ssh(), ours)
    assert isinstance(error, HostKeyChanged)
    assert error.exit_code == 4
    assert "nothing was sent" in error.message
    assert nothing_was_sent(host)


def test_a_key_that_nobody_knows_gets_nothing(host: Sshd) -> None:
    error = refused(ssh(), at(host, "web1"))

    assert isinstance(error, HostKeyUnknown)
    assert error.exit_code == 4
    assert nothing_was_sent(host)


def test_a_key_that_changes_between_two_connections_of_one_command_is_noticed(host: Sshd) -> None:
    transport, ours = ssh(), at(host, "web1", "ours")
    first = transport.open(ours)

    take_over(host, "theirs")  # as when the confirm, or a lost link, makes a second connection
    error = refused(transport, ours)

    first.close()
    assert isinstance(error, HostKeyChanged)
    assert nothing_was_sent(host)


@pytest.mark.parametrize("keys", [("theirs",), ()])
def test_a_jump_host_with_another_key_gets_nothing_and_so_does_the_host(
    keys: tuple[str, ...], host: Sshd, gate: Sshd
) -> None:
    error = refused(ssh(), at(host, "web1", "ours", jump=at(gate, "gate", *keys)))

    assert error.exit_code == 4
    assert "gate" in error.message
    assert nothing_was_sent(gate)
    assert nothing_was_sent(host)


def test_a_jump_host_that_leads_to_another_host_is_found_out(host: Sshd, gate: Sshd) -> None:
    through = at(host, "web1", "ours", jump=at(gate, "gate", "gate"))
    ssh().open(through).close()

    take_over(host, "theirs")
    error = refused(ssh(), through)

    assert isinstance(error, HostKeyChanged)
    assert "web1" in error.message
    assert nothing_was_sent(host)


def test_a_jump_host_whose_key_changes_in_the_middle_is_noticed(host: Sshd, gate: Sshd) -> None:
    jump = at(gate, "gate", "gate")
    transport = ssh()
    transport.open(at(host, "web1", "ours", jump=jump)).close()  # closes the shared one too

    take_over(gate, "theirs")
    error = refused(transport, at(host, "web1", "ours", jump=jump))

    assert isinstance(error, HostKeyChanged)
    assert nothing_was_sent(gate)


def test_only_the_pinned_key_of_a_host_counts_not_that_of_its_jump_host(
    host: Sshd, gate: Sshd
) -> None:
    jump = at(gate, "gate", "gate")
    take_over(host, "gate")

    error = refused(ssh(), replace(at(host, "web1", "ours"), jump=jump))

    assert isinstance(error, HostKeyChanged)
    assert nothing_was_sent(host)
