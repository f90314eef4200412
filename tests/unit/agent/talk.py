"""Drive a worker or a front in this process: a host in a folder, and the controller's side."""

import json
import os
import shutil
import socket
import tempfile
import threading
from pathlib import Path

from deployer.agent.context import Context
from deployer.agent.runs.worker import Worker
from deployer.agent.talk.serve import Front

RELEASE = {"id": "000042-1a2b3c4", "number": 42, "revision": "1a2b3c4d5e"}
BEGIN = {"verb": "begin", "app": "shop", "run": "r1", "command": "deploy", "actor": "ann@laptop"}
PROPOSE = {
    "verb": "propose",
    "deadline": 60,
    "fleet": ["web1", "web2"],
    "host": "web1",
    "leader": "web1",
}


class Peer:
    """The controller's side of a conversation."""

    def __init__(self, reading, writing, close, hang_up=None):
        self._reading = reading
        self._writing = writing
        self.close = close
        self.hang_up = hang_up or close

    def send(self, message, blobs=()):
        announced = {**message, "blobs": [len(blob) for blob in blobs]} if blobs else message
        self._writing.write(json.dumps(announced).encode() + b"\n" + b"".join(blobs))
        self._writing.flush()

    def receive(self):
        line = self._reading.readline()
        return json.loads(line) if line else None

    def until(self, *events):
        heard = []
        while (message := self.receive()) is not None:
            heard.append(message)
            if message.get("event") in events:
                return heard
        return heard

    def ask(self, message, *events):
        self.send(message)
        return self.until(*events)[-1]


class HostFolder:
    """A host whose `/` is a folder, with one app set up."""

    def __init__(self, root):
        self.root = root
        self.state = root / "var/lib/deployer/shop"
        for folder in ("var/lib/deployer/shop", "var/log", "srv/shop/run", "srv/shop/releases"):
            (root / folder).mkdir(parents=True)
        self.sockets = Path(tempfile.mkdtemp(prefix="sock"))
        self.exit_codes = []
        self._threads = []
        self._peers = []

    def worker(self, run="r1", **begin):
        ours, theirs = socket.socketpair()
        worker = Worker(theirs, Context("shop", run, root=self.root), self.sockets)
        self._start(worker, theirs)
        peer = _peer(ours)
        self._peers.append(peer)
        peer.worker = worker
        if begin.pop("begins", True):
            peer.send({**BEGIN, "run": run, **begin})
        return peer

    def front(self):
        to_front, from_peer = os.pipe()
        to_peer, from_front = os.pipe()
        front = Front(to_front, from_front, self.root, self._launch, self.sockets)

        def serve():
            self.exit_codes.append(front.serve())
            os.close(from_front)
            os.close(to_front)

        self._thread(serve)
        reading, writing = os.fdopen(to_peer, "rb"), os.fdopen(from_peer, "wb")

        def close():
            writing.close()
            reading.close()

        peer = Peer(reading, writing, close, writing.close)
        self._peers.append(peer)
        return peer

    def journal(self):
        lines = (self.state / "journal").read_bytes().splitlines()
        return [json.loads(line.split(b"\t")[0]) for line in lines if line]

    def wait(self):
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()
        shutil.rmtree(self.sockets, ignore_errors=True)

    def close(self):
        for peer in self._peers:
            peer.close()
        self.wait()

    def _launch(self, wanted):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.connect(str(wanted.socket))
        place = Context(wanted.app, wanted.run, root=self.root)
        self._start(Worker(connection, place, self.sockets), connection)

    def _start(self, worker, connection):
        def work():
            self.exit_codes.append(worker.work())
            connection.close()

        self._thread(work)

    def _thread(self, function):
        thread = threading.Thread(target=function, daemon=True)
        thread.start()
        self._threads.append(thread)


def _peer(ours):
    reading, writing = ours.makefile("rb"), ours.makefile("wb")

    def close():
        reading.close()
        writing.close()
        ours.close()

    return Peer(reading, writing, close)


def order(phase, *steps):
    return {"verb": "order", "phase": phase, "steps": list(steps)}


def step(name, do=(), undo=()):
    return {"name": name, "do": list(do), "undo": list(undo)}


def shell(line, **more):
    return {"action": "Run", "command": ["sh", "-c", line], **more}
