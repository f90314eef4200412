"""The agent under systemd on a real host: it outlives its links, and is recovered when it dies."""

import base64
import json
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployer.api.agent_package import BOOTSTRAP, digest, package
from deployer.lab.host import LabHost
from deployer.lab.lab import Lab

RECOVER = Path(__file__).parents[2] / "templates/systemd/deployer-recover@.service.j2"
BEGIN = {"verb": "begin", "app": "shop", "command": "deploy", "actor": "ann", "settle": []}
UNDO = {"action": "Run", "command": ["sh", "-c", "echo undone >> /srv/undone"]}
SLEEP = {"action": "Run", "command": ["sh", "-c", "echo asleep; sleep 60"]}


class Conversation:
    """A controller's side, over ssh."""

    def __init__(self, lab: Lab, host: LabHost) -> None:
        words = ("ssh", "-F", str(lab.ssh_config), host.name, "/usr/lib/deployer/agent", "serve")
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdin
        assert self.process.stdout
        self.writing, self.reading = self.process.stdin, self.process.stdout

    def send(self, message):
        self.writing.write(json.dumps(message).encode() + b"\n")
        self.writing.flush()

    def receive(self):
        line = self.reading.readline()
        return json.loads(line) if line else None

    def until(self, *events):
        while (message := self.receive()) is not None:
            if message.get("event") in events:
                return message
        raise AssertionError(f"the agent left without {events}")

    def close(self):
        self.process.kill()
        self.process.communicate()


@pytest.fixture(scope="module")
def host(lab1: Lab) -> LabHost:
    (host, *_) = lab1.hosts
    packed = base64.b64encode(package()).decode()
    script = base64.b64encode(BOOTSTRAP).decode()
    host.run(f"echo {script} | base64 -d > /root/bootstrap")
    done = host.run(f"base64 -d | sh /root/bootstrap {digest()}", input=packed)
    assert done.stdout.strip() == "installed", done.stderr
    host.run("cat > /etc/systemd/system/deployer-recover@.service", input=RECOVER.read_text())
    host.run("mkdir -p -m 700 /var/lib/deployer/shop; mkdir -p /srv/shop/run")
    host.run("systemctl daemon-reload; systemctl enable deployer-recover@shop.service")
    return host


@pytest.fixture
def talk(lab1: Lab, host: LabHost) -> Iterator[Conversation]:
    host.run("rm -f /srv/undone")
    conversation = Conversation(lab1, host)
    assert conversation.receive()["hello"]["agent"] == digest()
    yield conversation
    conversation.close()


def begin(conversation, run, **more):
    conversation.send({**BEGIN, "run": run, **more})
    assert conversation.until("begun", "refused")["event"] == "begun"


def fall_asleep(conversation, phase="BUILD"):
    """Leave the run in the middle of a step."""
    step = {"name": "slow", "do": [SLEEP], "undo": [UNDO]}
    conversation.send({"verb": "order", "phase": phase, "steps": [step]})
    conversation.until("line")


def outcome(host: LabHost, run: str, seconds: float = 30.0) -> str:
    """Wait for the end of a run in the journal."""
    for _ in range(int(seconds / 0.2)):
        lines = host.run("cat /var/lib/deployer/shop/journal").stdout.splitlines()
        for line in lines:
            record = json.loads(line.split("\t")[0])
            if (record["run"], record["event"]) == (run, "end"):
                return str(record["outcome"])
        threading.Event().wait(0.2)
    return "none"


def undone(host: LabHost) -> str:
    return host.run("cat /srv/undone").stdout


def test_a_run_is_committed_and_its_unit_is_gone(host: LabHost, talk: Conversation):
    started = time.monotonic()
    begin(talk, "commit")
    took = time.monotonic() - started

    talk.send({"verb": "commit"})

    assert talk.until("committed", "refused")["event"] == "committed"
    assert outcome(host, "commit") == "committed"
    talk.send({"verb": "bye"})
    assert talk.receive() is None
    assert took < 2
    assert "deployer-shop" not in host.run("systemctl --failed --plain --no-legend").stdout


def test_a_cut_ssh_session_is_put_back_by_the_host(host: LabHost, talk: Conversation):
    begin(talk, "cut")
    fall_asleep(talk, "PUBLISH")

    talk.close()

    assert outcome(host, "cut") == "rolled_back"
    assert undone(host) == "undone\n"


def test_a_killed_front_is_put_back_by_its_worker(host: LabHost, talk: Conversation):
    begin(talk, "front")
    fall_asleep(talk)

    host.run("pkill -KILL -f '/usr/lib/deployer/agent serve'")

    assert outcome(host, "front") == "aborted"
    assert undone(host) == "undone\n"


def test_a_killed_worker_is_recovered_by_systemd(host: LabHost, talk: Conversation):
    begin(talk, "killed")
    fall_asleep(talk, "PUBLISH")

    host.run("systemctl kill --signal=KILL --kill-whom=main deployer-shop-killed.service")

    assert outcome(host, "killed") == "rolled_back"
    assert undone(host) == "undone\n"
    assert host.run("pgrep -x sleep").stdout == ""


def test_a_stopped_worker_puts_back_before_it_leaves(host: LabHost, talk: Conversation):
    begin(talk, "stopped")
    fall_asleep(talk)

    host.run("systemctl stop deployer-shop-stopped.service")

    assert outcome(host, "stopped") == "aborted"
    assert undone(host) == "undone\n"


def test_a_run_that_takes_too_long_is_put_back(host: LabHost, talk: Conversation):
    begin(talk, "limit", limit=2)
    fall_asleep(talk)

    assert outcome(host, "limit") == "aborted"
    assert undone(host) == "undone\n"


def test_a_second_run_is_refused_while_one_is_at_work(lab1, host: LabHost, talk: Conversation):
    begin(talk, "first")
    second = Conversation(lab1, host)
    second.send({**BEGIN, "run": "second"})

    refused = second.until("begun", "refused")

    assert (refused["event"], refused["why"]) == ("refused", "locked")
    second.close()


def test_after_a_power_cut_the_host_puts_itself_right_at_boot(
    lab1: Lab, host: LabHost, talk: Conversation
):
    begin(talk, "power")
    fall_asleep(talk, "PUBLISH")

    lab1.power_cut(host)
    lab1.boot(host)

    assert outcome(host, "power") == "rolled_back"
    assert undone(host) == "undone\n"
