import hashlib
import json
import os
import pwd
import socket
import subprocess
import sys
import threading

import pytest

from deployer.agent.talk.hello import digest, hello
from deployer.agent.talk.launching import main_file
from deployer.agent.talk.relay import Relay
from tests.unit.agent.talk import BEGIN, order, shell, step

ME = pwd.getpwuid(os.geteuid()).pw_name


@pytest.fixture
def peer(host):
    return host.front()


def test_the_first_line_says_which_agent_and_host_this_is():
    said = hello()["hello"]

    assert set(said) == {
        "agent",
        "protocol",
        "hostname",
        "machine_id",
        "boot_id",
        "now",
        "python",
    }
    assert said["protocol"] == 1


def agent(*words):
    program = [sys.executable, "-I", "-S", str(main_file()), *words]
    return subprocess.run(program, input=b"", capture_output=True, timeout=20, check=False)


def test_the_agent_starts_from_its_own_folder_alone():
    done = agent("serve")

    assert json.loads(done.stdout)["hello"]["agent"] == digest()
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("words", [(), ("work", "shop"), ("work", "../x", "r1"), ("fly",)])
def test_words_that_the_agent_does_not_know_are_a_usage_error(words):
    assert agent(*words).returncode == 2


def test_a_whole_run_goes_through_the_front(host, peer):
    peer.send(BEGIN)
    assert peer.until("begun", "refused")[-1] == {"event": "begun", "fence": 1}

    end = peer.ask(order("BUILD", step("pull", [shell("echo hello")])), "order")
    done = peer.ask({"verb": "commit"}, "committed")
    peer.send({"verb": "bye"})

    assert (end["ok"], done["event"], peer.receive()) == (True, "committed", None)
    host.close()
    assert host.exit_codes == [0, 0]


def test_messages_sent_before_their_answers_are_all_heard(peer):
    peer.send(BEGIN)
    peer.send(order("BUILD", step("pull", [shell("true")])))
    peer.send({"verb": "commit"})
    peer.send(order("FINISH", step("prune", [shell("true")])))

    heard = [one["event"] for one in [*peer.until("committed"), *peer.until("order")]]

    assert heard[0] == "begun"
    assert heard.count("order") == 2
    assert heard[-1] == "order"


def test_large_content_and_much_output_pass_both_ways_at_once(host, peer):
    content = os.urandom(3_000_000)
    peer.send(BEGIN)
    peer.until("begun")
    noisy = step("noise", [shell("seq 1 20000")])
    write = shell(f"cat > {host.root}/copy")
    write["stdin"] = {"blob": 0}

    peer.send(order("BUILD", noisy))
    peer.send(order("BUILD", step("write", [write])), [content])

    assert peer.until("order")[-1]["ok"] is True
    assert peer.until("order")[-1]["ok"] is True
    copied = (host.root / "copy").read_bytes()
    assert hashlib.sha256(copied).digest() == hashlib.sha256(content).digest()


def test_a_refused_run_does_not_end_the_conversation(host, peer):
    host.worker(run="r0").until("begun")

    refused = peer.ask(BEGIN, "begun", "refused")
    asked = {"verb": "facts", "app": "shop", "ask": [{"fact": "app", "key": "app"}]}

    assert refused["why"] == "locked"
    assert peer.ask(asked, "facts")["answers"]["app"]["locked_by"]["run"] == "r0"


def test_a_lost_controller_reaches_the_worker_through_the_front(host, peer):
    peer.send(BEGIN)
    peer.until("begun")

    peer.hang_up()

    assert peer.until("undone")[-1]["outcome"] == "aborted"
    assert peer.receive() is None
    ends = [one["outcome"] for one in host.journal() if one["event"] == "end"]
    assert ends == ["aborted"]


def test_a_worker_that_cannot_start_is_a_refusal_with_the_reason(host, monkeypatch):
    def broken(_wanted):
        raise FileNotFoundError(2, "No such file", "systemd-run")

    monkeypatch.setattr(host, "_launch", broken)
    peer = host.front()

    answer = peer.ask(BEGIN, "refused")

    assert (answer["why"], "systemd-run" in answer["message"]) == ("no-worker", True)


@pytest.mark.parametrize(
    "message",
    [
        {**BEGIN, "app": "../x"},
        {**BEGIN, "run": "Run_1"},
        {**BEGIN, "run": "x" * 41},
        {"verb": "facts", "app": "a/b", "ask": []},
        {"verb": "format"},
    ],
)
def test_a_message_with_strange_names_is_refused_and_the_front_goes_on(peer, message):
    assert peer.ask(message, "error")["event"] == "error"
    assert peer.ask({"verb": "facts", "app": "shop", "ask": []}, "facts")["answers"] == {}


def test_what_is_no_message_ends_the_conversation(peer):
    peer._writing.write(b"GET / HTTP/1.1\n")
    peer._writing.flush()

    assert peer.until("error")[-1]["message"] == "a line is not JSON"
    assert peer.receive() is None


def test_one_fact_that_fails_does_not_silence_the_others(peer):
    asked = [{"fact": "nonsense", "key": "a"}, {"fact": "host", "key": "b"}]

    answers = peer.ask({"verb": "facts", "app": "shop", "ask": asked}, "facts")["answers"]

    assert answers["a"] == {"error": "the agent does not know the fact `nonsense`"}
    assert answers["b"]["cpus"] > 0


def stream(*words, **more):
    return {"verb": "stream", "app": "shop", "command": list(words), "user": "", **more}


@pytest.mark.parametrize(
    "message",
    [
        stream("cat", "/etc/shadow"),
        stream("journalctl", "--vacuum-size=1"),
        stream("journalctl", "-D", "/tmp"),
        stream("journalctl", "--file=/etc/shadow"),
        stream("id", user="root"),
        stream("id", user="www-data"),
        stream(),
        stream("journalctl", 7),
    ],
)
def test_only_the_log_is_read_as_root_and_other_commands_run_as_the_app(peer, message):
    end = peer.ask(message, "exit")

    assert end["code"] == 1
    assert end["cause"]


def test_a_command_of_the_app_gets_its_environment_and_its_lines_come_back(host):
    env = host.root / "app.env"
    env.write_text('GREETING="hello you"\n')
    peer = host.front()
    wanted = stream("sh", "-c", "echo $GREETING; exit 4", user=ME, env_files=[str(env)])

    heard = [peer.ask({**wanted, "app": ME}, "exit")]

    assert heard[-1] == {"event": "exit", "code": 4}


def test_a_command_ends_when_it_is_cancelled(peer):
    peer.send({**stream("sh", "-c", "echo up; sleep 60", user=ME), "app": ME})
    peer.until("line")

    assert peer.ask({"verb": "cancel"}, "exit")["cause"] == "cancelled"


@pytest.fixture(params=[False])
def relayed(request):
    """Give a started relay: what the controller reads and writes, the worker, what it gave."""
    to_front, from_peer = os.pipe()
    to_peer, from_front = os.pipe()
    ours, theirs = socket.socketpair()
    relay = Relay(to_front, from_front, ours, b"begin\n", beats=request.param)
    relay.pulse.quiet = 0.05
    relay.pulse.limit = 0.2 if request.param else 0.0
    found = []
    thread = threading.Thread(target=lambda: found.append(relay.run()))
    thread.start()
    assert theirs.recv(100) == b"begin\n"

    def ended():
        thread.join(10)
        return found[0]

    yield to_peer, theirs, ended
    theirs.close()
    thread.join(10)
    for descriptor in (to_front, from_peer, to_peer, from_front):
        os.close(descriptor)
    ours.close()


def test_the_relay_gives_back_what_the_worker_said_last(relayed):
    to_peer, worker, ended = relayed

    worker.sendall(b'{"event":"refused"}\n')
    worker.close()

    assert ended().last_line == b'{"event":"refused"}'
    assert os.read(to_peer, 100).endswith(b'{"event":"refused"}\n')


def test_what_comes_after_a_refusal_is_kept_for_the_front():
    to_front, from_peer = os.pipe()
    to_peer, from_front = os.pipe()
    ours, theirs = socket.socketpair()
    found = []
    relay = Relay(to_front, from_front, ours, b"begin\n")
    thread = threading.Thread(target=lambda: found.append(relay.run()))
    thread.start()
    theirs.sendall(b'{"event":"refused"}\n')
    os.read(to_peer, 100)

    os.write(from_peer, b"next\n")  # before the worker has gone
    threading.Event().wait(0.1)
    theirs.close()
    thread.join(10)

    assert found[0].untaken == b"next\n"
    for descriptor in (to_front, from_peer, to_peer, from_front):
        os.close(descriptor)
    ours.close()


def test_a_silent_link_is_tried_with_ticks_but_never_within_a_line(relayed):
    to_peer, worker, ended = relayed
    assert os.read(to_peer, 17) == b'{"event":"tick"}\n'

    worker.sendall(b'{"event":')
    heard = b""
    while not heard.endswith(b'{"event":'):
        heard += os.read(to_peer, 1000)
    threading.Event().wait(0.2)
    worker.sendall(b'"line"}\n')
    worker.close()

    ended()
    assert os.read(to_peer, 8) == b'"line"}\n'


@pytest.mark.parametrize("relayed", [True], indirect=True)
def test_a_controller_that_stops_to_beat_is_told_to_the_worker_as_lost(relayed):
    _, worker, ended = relayed

    assert worker.recv(100) == b""

    worker.close()
    ended()


def test_a_silent_controller_that_never_promised_to_beat_is_not_lost(relayed):
    to_peer, worker, _ = relayed
    for _ in range(8):
        os.read(to_peer, 17)
    worker.settimeout(0)

    with pytest.raises(BlockingIOError):
        worker.recv(100)


def test_beats_are_no_messages(peer):
    peer.send({"verb": "beat"})
    peer.send({**BEGIN, "beats": True})
    peer.send({"verb": "beat"})

    assert peer.receive() == {"event": "begun", "fence": 1}
    peer.send({"verb": "beat"})
    assert peer.ask({"verb": "commit"}, "committed")["event"] == "committed"


def test_a_controller_that_does_not_read_any_more_is_told_to_the_worker(host):
    peer = host.front()
    peer.send(BEGIN)
    peer.until("begun")
    peer.send(order("BUILD", step("noise", [shell("seq 1 100000; sleep 60")])))

    peer._reading.close()

    host.wait()
    ends = [one["outcome"] for one in host.journal() if one["event"] == "end"]
    assert ends == ["aborted"]
