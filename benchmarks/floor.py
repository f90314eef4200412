"""What the same remote work costs with no transport: the agents' orders, started on the hosts.

One of our deploys is recorded; then each host gets what it was told as a file, and at the same
moment a small program on each talks to the agent there (replay.py).
"""

import base64
import io
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock

from benchmarks.measured import WentWrong
from benchmarks.ways import HERE, OURS
from benchmarks.world import World
from deployer.api.deploy import deploy
from deployer.api.environment import Environment
from deployer.api.perform import UseCase, perform, transport_for, with_sessions
from deployer.api.place import Place
from deployer.api.request import Request
from deployer.api.running import Ending
from deployer.api.sessions import address
from deployer.core.transport import (
    Channel,
    Completed,
    Counts,
    HostAddress,
    Message,
    Transport,
)

_AHEAD = 2.0
"""Seconds until all hosts begin: enough for every program to be waiting."""
_LONGEST = 600


class _Written(Channel):
    def __init__(self, inner: Channel, talk: list[dict[str, object]], number: int) -> None:
        self._inner = inner
        self._talk = talk
        self._number = number

    @property
    def counts(self) -> Counts:
        return self._inner.counts

    def send(self, message: Message, blobs: Sequence[bytes] = ()) -> None:
        packed = [base64.b64encode(blob).decode() for blob in blobs]
        self._talk.append({"to": self._number, "message": dict(message), "blobs": packed})
        self._inner.send(message, blobs)

    def receive(self, timeout: float) -> Message:
        message = self._inner.receive(timeout)
        if message.get("event") != "tick":
            self._talk.append(
                {"from": self._number, "event": message.get("event"), **_kept(message)}
            )
        return message

    def keep_alive(self) -> None:
        self._inner.keep_alive()

    def close(self) -> None:
        self._inner.close()


def _kept(message: Message) -> dict[str, object]:
    answers = message.get("answers")
    return {"app": answers["app"]} if isinstance(answers, Mapping) and "app" in answers else {}


class _Recorder:
    """Writes down what every host is told, conversation by conversation."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self._lock = Lock()
        self.talks: dict[str, list[dict[str, object]]] = {}
        self._opened: dict[str, int] = {}

    def open(self, host: HostAddress) -> Channel:
        channel = self._inner.open(host)
        with self._lock:
            number = self._opened[host.name] = self._opened.get(host.name, -1) + 1
            talk = self.talks.setdefault(host.name, [])
        return _Written(channel, talk, number)

    def bootstrap(
        self, host: HostAddress, script: bytes, payload: bytes, timeout: float
    ) -> Completed:
        raise AssertionError("a deploy never brings the agent")


def record(world: World, revision: str) -> Mapping[str, list[dict[str, object]]]:
    """Deploy over SSH and give what every host was told."""
    said = io.StringIO()
    place = Place(world.folder / OURS, world.environ, said, said, None)
    talks: dict[str, list[dict[str, object]]] = {}

    def connect(at: Environment, use_case: UseCase) -> Ending:
        recorder = _Recorder(transport_for(at))
        addresses = tuple(address(at.inventory, host) for host in at.hosts)
        ending = with_sessions(at, recorder, addresses, use_case)
        talks.update(recorder.talks)
        return ending

    request = Request("deploy", env=OURS, revision=revision, unfreeze=True)
    if perform(place, request, deploy, connect=connect) != 0:
        raise WentWrong(said.getvalue())
    return talks


def replay(world: World, talks: Mapping[str, list[dict[str, object]]]) -> float:
    """Have every host do the same once more; gives the seconds until the last one has ended."""
    begins = time.time() + _AHEAD + len(world.hosts) / 10
    running = []
    for host in world.hosts:
        inside = Path(f"/proc/{host.leader}/root/root")
        (inside / "talk.json").write_text(json.dumps(talks[host.name]))
        (inside / "replay.py").write_text((HERE / "replay.py").read_text())
        unit = (
            "systemd-run --quiet --collect --unit=benchmark-floor -p StandardOutput=file:/root/said"
        )
        host.run(
            f"rm -f /root/said; {unit} -p StandardError=file:/root/wrong "
            f"/usr/bin/python3 /root/replay.py /root/talk.json {begins!r}"
        )
        running.append((host, inside / "said"))
    ends = begins + _LONGEST
    while time.time() < ends:
        time.sleep(0.1)  # noqa: TID251  real hosts need real time
        said = [place.read_text() if place.exists() else "" for _, place in running]
        if all(one.endswith("\n") for one in said):
            return max(map(float, said)) - begins
        states = (
            [
                host.run("systemctl is-active benchmark-floor; cat /root/wrong")
                for host, _ in running
            ]
            if time.time() > begins + 30
            else []
        )
        if any(
            one.stdout.startswith(("inactive", "failed")) and len(one.stdout.splitlines()) > 1
            for one in states
        ):
            raise WentWrong("\n".join(one.stdout for one in states))
    raise WentWrong("a host did not end")
