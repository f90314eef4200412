"""Stands in for the agent: speaks its framing and misbehaves when told to."""

import hashlib
import json
import os
import signal
import sys
import threading
from pathlib import Path


def say(message):
    sys.stdout.buffer.write(json.dumps(message).encode() + b"\n")
    sys.stdout.buffer.flush()


def cut_the_link():
    pid = os.getpid()
    while pid > 1:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")
        if pid != os.getpid() and "sshd" in fields[0]:
            os.kill(pid, signal.SIGKILL)
            return
        pid = int(fields[2].split()[1])
    os.kill(os.getpid(), signal.SIGKILL)


def echo(message):
    say({"event": "echo", "text": message["text"]})


def count(message):
    for number in range(message["to"]):
        say({"event": "number", "number": number})


def big(message):
    say({"event": "big", "text": "é" * message["size"]})


def digest(message):
    blobs = [sys.stdin.buffer.read(length) for length in message["blobs"]]
    say({"event": "digest", "sha256": [hashlib.sha256(blob).hexdigest() for blob in blobs]})


def slow(message):
    threading.Event().wait(message["seconds"])
    say({"event": "late"})


def cut(_message):
    sys.stdout.buffer.write(b'{"event": "half')
    sys.stdout.buffer.flush()
    cut_the_link()
    threading.Event().wait(30)


def leave(message):
    sys.stderr.write("the last words\n")
    sys.exit(message["code"])


def kill(_message):
    os.kill(os.getpid(), signal.SIGKILL)


def complain(message):
    sys.stderr.write("x" * message["size"])
    say({"event": "complained"})


ANSWERS = {
    "echo": echo,
    "count": count,
    "big": big,
    "digest": digest,
    "slow": slow,
    "cut": cut,
    "exit": leave,
    "kill": kill,
    "complain": complain,
}


def main():
    say({"hello": {"agent": "fake", "protocol": 1}})
    for line in iter(sys.stdin.buffer.readline, b""):
        message = json.loads(line)
        if message["verb"] == "bye":
            return
        ANSWERS[message["verb"]](message)


if __name__ == "__main__":
    main()
