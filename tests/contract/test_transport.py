import hashlib
import os
import shlex
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from deployer.core.transport import Counts, HostAddress
from deployer.errors import (
    AgentMissing,
    AuthenticationFailed,
    ConnectionLost,
    HostKeyChanged,
    HostKeyUnknown,
    HostTimeout,
    HostUnreachable,
    SudoRefused,
)
from deployer.transport.exec_stream import ExecStream
from deployer.transport.known_hosts import HostKey
from deployer.transport.local import LocalTransport
from deployer.transport.scripted import Exchange, Fault, Script, ScriptedTransport
from deployer.transport.ssh import SshTransport
from tests.contract.loopback import SSHD, Sshd, free_port, make_key, user

FAKE_AGENT = (sys.executable, "-IS", str(Path(__file__).with_name("fake_agent.py")))
KINDS = ("local", "ssh", "scripted")


@pytest.fixture(scope="module", autouse=True)
def needs_sshd():
    # Before all else: half a set of fixtures would wait for a server that never comes.
    assert Path(SSHD).exists(), f"these tests need `{SSHD}`: apt-get install openssh-server"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    where = tmp_path_factory.mktemp("ssh")
    make_key(where / "host_ed25519")
    make_key(where / "host_ecdsa", "ecdsa")
    make_key(where / "other_host")
    make_key(where / "user")
    make_key(where / "stranger")
    (where / "authorized_keys").write_text((where / "user.pub").read_text())
    return where


@pytest.fixture(scope="module")
def sshd(folder):
    # another HOME keeps the login files of whoever runs the tests out of the measurements
    server = Sshd(folder, lines=[f"SetEnv HOME={folder}"]).start()
    yield server
    server.stop()


@pytest.fixture
def host(sshd, folder):
    return HostAddress(
        name="web1",
        address="127.0.0.1",
        port=sshd.port,
        user=user(),
        identity=str(folder / "user"),
        host_keys=(public(folder, "host_ed25519"),),
    )


@pytest.fixture
def ssh_agent(tmp_path):
    path = tmp_path / "agent.sock"
    with subprocess.Popen(("ssh-agent", "-D", "-a", path), stdout=subprocess.DEVNULL) as agent:
        while not path.exists():
            assert agent.poll() is None
        yield {"PATH": os.environ["PATH"], "SSH_AUTH_SOCK": str(path)}
        agent.terminate()


def public(folder, name):
    return (folder / f"{name}.pub").read_text().rpartition(" ")[0]


def ssh(start=FAKE_AGENT, **more):
    environment = {"PATH": os.environ["PATH"]}
    return SshTransport(environment, ssh_config="/dev/null", start=lambda _: start, **more)


def scripted(*exchanges):
    return ScriptedTransport({"web1": Script(exchanges)})


def transports(kind, *exchanges):
    match kind:
        case "local":
            return LocalTransport(lambda _: FAKE_AGENT)
        case "ssh":
            return ssh()
        case _:
            return scripted(*exchanges)


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def talk(kind, host):
    opened = []

    def start(*exchanges):
        opened.append(transports(kind, *exchanges).open(host))
        return opened[-1]

    yield start
    for channel in opened:
        channel.close()


def test_the_first_message_is_the_hello_of_the_agent(talk):
    channel = talk()

    assert "hello" in channel.receive(5)


def test_an_answer_comes_back_as_it_was_sent(talk):
    channel = talk(Exchange("echo", ({"event": "echo", "text": "é\n\x00“"},)))
    channel.receive(5)

    channel.send({"verb": "echo", "text": "é\n\x00“"})

    assert channel.receive(5) == {"event": "echo", "text": "é\n\x00“"}


def test_many_messages_may_follow_one_question_and_cost_one_round_trip(talk):
    numbers = tuple({"event": "number", "number": number} for number in range(50))
    channel = talk(Exchange("count", numbers))
    channel.receive(5)

    channel.send({"verb": "count", "to": 50})
    answers = tuple(channel.receive(5) for _ in range(50))

    assert answers == numbers
    assert replace(channel.counts, bytes_sent=0, bytes_received=0) == Counts(
        connections=1, channels=1, messages_sent=1, messages_received=51, round_trips=1
    )


def test_blobs_arrive_byte_for_byte(talk):
    blobs = (os.urandom(30_000_000), b"", b"\n{}\x00" * 10)
    digests = [hashlib.sha256(blob).hexdigest() for blob in blobs]
    channel = talk(Exchange("digest", ({"event": "digest", "sha256": digests},)))
    channel.receive(5)

    channel.send({"verb": "digest"}, blobs)

    assert channel.receive(30) == {"event": "digest", "sha256": digests}
    assert channel.counts.bytes_sent > 30_000_000


def test_a_slow_answer_is_a_timeout_and_can_still_be_awaited(talk, kind):
    channel = talk(Exchange("slow", fault=Fault.SILENT))
    channel.receive(5)

    channel.send({"verb": "slow", "seconds": 0.5})

    with pytest.raises(HostTimeout) as caught:
        channel.receive(0.1)
    assert caught.value.host == "web1"
    if kind != "scripted":
        assert channel.receive(5) == {"event": "late"}


def test_an_agent_that_dies_in_its_answer_is_a_lost_connection(talk):
    channel = talk(Exchange("kill", fault=Fault.LOST_AFTER))
    channel.receive(5)

    channel.send({"verb": "kill"})

    with pytest.raises(ConnectionLost) as caught:
        channel.receive(5)
    assert caught.value.hint


def test_a_link_that_is_cut_in_an_answer_is_a_lost_connection_for_good(talk):
    channel = talk(Exchange("cut", fault=Fault.LOST_AFTER))
    channel.receive(5)

    channel.send({"verb": "cut"})

    with pytest.raises(ConnectionLost):
        channel.receive(5)
    with pytest.raises(ConnectionLost):
        channel.receive(5)


def test_a_closed_conversation_can_be_closed_again_but_not_used(talk):
    channel = talk(Exchange("echo"))
    channel.close()
    channel.close()

    with pytest.raises(ConnectionLost):
        channel.send({"verb": "echo", "text": ""})


@pytest.mark.parametrize("kind", ["local", "ssh"], indirect=True)
def test_a_big_answer_is_fast(talk):
    channel = talk()
    channel.receive(5)

    began = time.monotonic()
    channel.send({"verb": "big", "size": 10_000_000})
    answer = channel.receive(30)

    assert answer == {"event": "big", "text": "é" * 10_000_000}
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("kind", ["local", "ssh"], indirect=True)
def test_complaints_on_stderr_never_stop_the_agent(talk):
    channel = talk()
    channel.receive(5)

    channel.send({"verb": "complain", "size": 6_000_000})

    assert channel.receive(30) == {"event": "complained"}


@pytest.mark.parametrize("kind", ["local", "ssh"], indirect=True)
def test_the_last_words_and_the_exit_code_of_an_agent_are_told(talk):
    channel = talk()
    channel.receive(5)

    channel.send({"verb": "exit", "code": 7})

    with pytest.raises(ConnectionLost, match=r"exit code 7.*the last words"):
        channel.receive(5)


@pytest.mark.parametrize("kind", ["local", "ssh"], indirect=True)
def test_a_killed_agent_is_told_by_its_signal(talk):
    channel = talk()
    channel.receive(5)

    channel.send({"verb": "kill"})

    with pytest.raises(ConnectionLost, match=r"killed by signal (9|KILL)"):
        channel.receive(5)


def test_what_a_noisy_login_prints_is_passed_over(host):
    noise = "echo welcome; echo '{}'; echo '{\"a\": 1}'; echo '[]'; printf '\\377\\n'; exec \"$@\""
    channel = ssh(("sh", "-c", noise, "sh", *FAKE_AGENT)).open(host)

    assert "hello" in channel.receive(5)
    channel.close()


def test_a_login_that_never_stops_printing_is_no_agent(host):
    with pytest.raises(AgentMissing, match="64 KiB"):
        ssh(("yes", "welcome")).open(host)


def test_a_host_without_an_agent_says_so_and_names_the_command_that_installs_it(host):
    with pytest.raises(AgentMissing) as caught:
        ssh(("/nonexistent/agent", "serve")).open(host)

    assert "inv setup" in caught.value.hint


@pytest.mark.parametrize(
    "words",
    [
        "sudo: a password is required",
        "sudo: sorry, you must have a tty to run sudo",
        "Sorry, user deploy is not allowed to execute '/x' as root on web1. (sudo)",
    ],
)
def test_a_refusing_sudo_is_told_from_a_missing_agent(host, words):
    with pytest.raises(SudoRefused, match="sudo"):
        ssh(("sh", "-c", f'echo "{words}" >&2; exit 1')).open(host)


def test_a_sudo_that_finds_no_agent_means_a_missing_agent(host):
    script = "echo 'sudo: /usr/lib/deployer/agent: command not found' >&2; exit 1"

    with pytest.raises(AgentMissing):
        ssh(("sh", "-c", script)).open(host)


def test_an_agent_that_never_says_hello_is_a_timeout(host):
    with pytest.raises(HostTimeout):
        ssh(("sleep", "20"), hello_timeout=0.3).open(host)


def test_a_key_that_the_host_does_not_know_is_refused(host, folder):
    stranger = replace(host, identity=str(folder / "stranger"))

    with pytest.raises(AuthenticationFailed, match=f"refused user `{host.user}`"):
        ssh().open(stranger)


def test_an_encrypted_key_without_an_agent_is_named(host, tmp_path):
    make_key(tmp_path / "locked", passphrase="secret")

    with pytest.raises(AuthenticationFailed, match=str(tmp_path / "locked")) as caught:
        ssh().open(replace(host, identity=str(tmp_path / "locked")))

    assert caught.value.hint == f"Run `ssh-add {tmp_path}/locked`, then try again."


def test_a_key_that_only_an_agent_can_use_is_used_through_it(host, folder, ssh_agent, tmp_path):
    key = tmp_path / "locked"
    key.write_bytes((folder / "user").read_bytes())
    key.chmod(0o600)
    subprocess.run(("ssh-add", "-q", key), env=ssh_agent, check=True)
    subprocess.run(("ssh-keygen", "-q", "-p", "-N", "secret", "-f", key), check=True)

    for identity in (str(key), ""):
        known = replace(host, identity=identity)
        SshTransport(ssh_agent, ssh_config="/dev/null", start=lambda _: FAKE_AGENT).open(
            known
        ).close()
    with pytest.raises(AuthenticationFailed):
        SshTransport(ssh_agent, ssh_config="/dev/null", start=lambda _: FAKE_AGENT).open(
            replace(host, identity=str(folder / "stranger"))
        )


def test_an_unknown_host_key_is_refused_and_shown_as_a_pin(host, folder):
    with pytest.raises(HostKeyUnknown) as caught:
        ssh().open(replace(host, host_keys=()))

    assert HostKey(*public(folder, "host_ed25519").split()).fingerprint in caught.value.message
    assert f'host_keys: ["{public(folder, "host_ed25519")}"]' in caught.value.hint


def test_a_changed_host_key_is_refused(host, folder):
    with pytest.raises(HostKeyChanged):
        ssh().open(replace(host, host_keys=(public(folder, "other_host"),)))


def test_a_fingerprint_is_a_pin_too(host, folder):
    pin = HostKey(*public(folder, "host_ed25519").split()).fingerprint

    ssh().open(replace(host, host_keys=(pin,))).close()


def test_a_host_with_two_keys_is_known_by_either(host, folder):
    server = Sshd(folder, keys=("host_ed25519", "host_ecdsa"), lines=[]).start()
    line = public(folder, "host_ecdsa")
    try:
        for pin in (line, HostKey(*line.split()).fingerprint):
            ssh().open(replace(host, port=server.port, host_keys=(pin,))).close()
        with pytest.raises(HostKeyChanged):
            ssh().open(replace(host, port=server.port, host_keys=("SHA256:" + "A" * 43,)))
    finally:
        server.stop()


def test_the_known_hosts_file_of_the_project_is_read(host, folder, tmp_path):
    file = tmp_path / "known_hosts"
    file.write_text(f"[127.0.0.1]:{host.port} {public(folder, 'host_ed25519')}\n")

    ssh(known_hosts=file).open(replace(host, host_keys=())).close()

    file.write_text(f"[127.0.0.*]:{host.port}  {public(folder, 'other_host')}\n")
    with pytest.raises(HostKeyChanged, match="known_hosts"):
        ssh(known_hosts=file).open(replace(host, host_keys=()))


def test_a_revoked_key_is_refused_although_it_is_pinned(host, folder, tmp_path):
    file = tmp_path / "known_hosts"
    file.write_text(f"@revoked * {public(folder, 'host_ed25519')}\n")

    with pytest.raises(HostKeyChanged, match="revoked"):
        ssh(known_hosts=file).open(host)


def test_a_host_certificate_is_accepted_for_its_names_and_authority_only(host, folder):
    make_key(folder / "authority")
    make_key(folder / "certified")
    server = Sshd(folder, keys=("certified",))
    server.lines = [f"HostCertificate {folder}/certified-cert.pub"]
    trusting = replace(host, host_keys=(), host_ca=(public(folder, "authority"),))

    def certify(principal, *options):
        words = ("ssh-keygen", "-q", "-s", folder / "authority", "-I", "web1", "-h")
        server.run((*words, "-n", principal, *options, folder / "certified.pub"))
        server.restart()
        return ssh().open(replace(trusting, port=server.port))

    try:
        certify("127.0.0.1").close()
        with pytest.raises(HostKeyChanged):
            certify("other.example.org")
        with pytest.raises(HostKeyChanged):
            certify("127.0.0.1", "-V", "20200101:20200102")
        with pytest.raises(HostKeyChanged):
            ssh().open(replace(trusting, port=server.port, host_ca=(public(folder, "other_host"),)))
    finally:
        server.stop()


def test_a_jump_host_is_used_once_for_many_hosts_and_verified(host, folder):
    bastion = Sshd(folder, keys=("other_host",)).start()
    jump = replace(
        host, name="bastion", port=bastion.port, host_keys=(public(folder, "other_host"),)
    )
    transport = ssh()
    try:
        channels = [transport.open(replace(host, jump=jump)) for _ in range(3)]
        assert all("hello" in channel.receive(5) for channel in channels)
        for channel in channels:
            channel.close()
        assert bastion.log().count("Accepted publickey") == 1

        wrong = replace(jump, host_keys=host.host_keys)
        with pytest.raises(HostKeyChanged, match="bastion"):
            ssh().open(replace(host, jump=wrong))
    finally:
        bastion.stop()


def test_a_jump_host_from_ssh_config_is_verified_too(host, folder, tmp_path):
    bastion = Sshd(folder, keys=("other_host",)).start()
    config = tmp_path / "config"
    config.write_text(
        f"Host 127.0.0.1\n  ProxyJump {host.user}@localhost:{bastion.port}\n"
        f"Host localhost\n  IdentityFile {folder}/user\n  UserKnownHostsFile {tmp_path}/known\n"
    )
    transport = SshTransport({}, ssh_config=str(config), start=lambda _: FAKE_AGENT)
    try:
        with pytest.raises(HostKeyUnknown, match="jump host of web1"):
            transport.open(host)

        known = f"[localhost]:{bastion.port} {public(folder, 'other_host')}\n"
        (tmp_path / "known").write_text(known)
        again = SshTransport({}, ssh_config=str(config), start=lambda _: FAKE_AGENT)
        again.open(host).close()
        assert "Accepted publickey" in bastion.log()
    finally:
        bastion.stop()


@pytest.mark.parametrize("startups", ["2:50:4", "1:100:1"])
def test_eight_hosts_at_once_get_past_a_narrow_max_startups(host, folder, startups):
    lines = [f"MaxStartups {startups}", f"SetEnv HOME={folder}"]
    server = Sshd(folder, lines=lines).start()
    transport = ssh()
    hosts = [replace(host, name=f"web{number}", port=server.port) for number in range(8)]

    def hello(one):
        channel = transport.open(one)
        channel.close()
        return one.name

    try:
        with ThreadPoolExecutor(8) as pool:
            assert sorted(pool.map(hello, hosts)) == sorted(one.name for one in hosts)
    finally:
        server.stop()


def test_nobody_at_the_port_is_an_unreachable_host(host):
    with pytest.raises(HostUnreachable, match="refused"):
        ssh().open(replace(host, port=free_port()))


def test_a_name_that_does_not_resolve_is_an_unreachable_host(host):
    with pytest.raises(HostUnreachable, match=r"nowhere\.invalid"):
        ssh().open(replace(host, address="nowhere.invalid"))


def test_a_bare_host_runs_the_bootstrap_with_its_payload_on_stdin(host):
    done = ssh().bootstrap(host, b"wc -c; echo problem >&2; exit 3", b"x" * 3_000_000, 20)

    assert (done.exit_code, done.stdout.strip(), done.stderr) == (3, b"3000000", b"problem\n")


def test_a_bootstrap_that_hangs_is_a_timeout(host):
    with pytest.raises(HostTimeout):
        ssh().bootstrap(host, b"sleep 20", b"", 0.5)


def test_a_scan_gives_the_keys_that_the_host_offers(host, folder):
    server = Sshd(folder, keys=("host_ed25519", "host_ecdsa")).start()
    try:
        keys = ssh().scan(replace(host, port=server.port, host_keys=()), 5)
    finally:
        server.stop()

    assert {key.line for key in keys} == {
        public(folder, "host_ed25519"),
        public(folder, "host_ecdsa"),
    }


def test_a_connection_for_hooks_runs_fabric_code_and_is_not_opened_again(host):
    connection = ssh().connection(host)

    assert connection.run("echo hello", hide=True).stdout == "hello\n"

    connection.close()
    with pytest.raises(ConnectionLost):
        connection.run("echo hello", hide=True)


def test_a_hook_gets_big_output_whole_and_fast(host):
    connection = ssh().connection(host)
    command = "yes 'éé漢é' | head -n 1200000"

    began = time.monotonic()
    output = connection.run(command, hide=True).stdout

    assert output == "éé漢é\n" * 1_200_000
    assert time.monotonic() - began < 8
    connection.close()


def test_a_hook_whose_link_is_cut_is_not_told_an_exit_code(host):
    connection = ssh().connection(host)
    agent = FAKE_AGENT[-1]
    code = f'import runpy; runpy.run_path("{agent}")["cut_the_link"]()'
    cut = shlex.join((sys.executable, "-IS", "-c", code))

    with pytest.raises(ConnectionLost, match="unknown"):
        connection.run(f"{cut}; sleep 20", hide=True, warn=True)
    connection.close()


def test_a_program_can_be_left_on_a_link_that_has_just_died(host):
    connection = ssh().connection(host)
    connection.open()
    stream = ExecStream.start(connection, "sleep 20")
    connection.transport.sock.shutdown(socket.SHUT_WR)  # Paramiko learns of it when it sends

    stream.close()

    assert not connection.is_connected


def test_an_account_without_a_name_can_connect(host, monkeypatch):
    def nameless():
        raise KeyError("getpwuid(): uid not found: 4321")

    monkeypatch.setattr("getpass.getuser", nameless)

    ssh().open(host).close()


def test_fabric_settings_of_the_user_change_nothing(host, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("FABRIC_PORT", "1")
    monkeypatch.setenv("INVOKE_RUN_WARN", "1")
    settings = "user: nobody\nport: 1\ngateway: nowhere\ntimeouts:\n  connect: 99\n"
    (tmp_path / ".fabric.yaml").write_text(settings)
    connection = ssh().connection(host)

    assert connection.run("echo hello", hide=True).stdout == "hello\n"
    assert connection.config.timeouts.connect is None
    connection.close()
