"""The app `streams` and its users: many short requests, and some that take long."""

import base64
import http.client
import json
import os
import select
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Generic, NamedTuple, Self, TypeVar

from examples.shop import history
from tests.apps import DATA, App, commit, described, finish, health, served, wheelhouse

Result = TypeVar("Result")
NAME = "streams.example.org"
LONGEST = 60.0
NOTHING: Mapping[str, str] = {}
CROSSED = ("RemoteDisconnected", "ConnectionResetError", "BrokenPipeError")
HARMLESS = ("ok", "closed while idle", "asked anew")


def streams(target: Path) -> App:
    """The app with the revisions `main`, `next` and `sick` (which answers 500 for its health)."""
    wheelhouse(DATA / "streams/requirements.txt", target / "wheels")
    repository = target / "repository"
    repository.mkdir(parents=True)
    (repository / "README").write_text("streams\n")
    section = described("streams", target, "main", {}) | {
        "framework": {"kind": "custom"},
        "app_server": served("streams.app:application") | {"threads": 16},
        "runtime": {"kind": "systemd", "drain": "20s", "keep_warm": "2s"},
        "health": health("/health", smoke="/"),
    }
    app = finish("streams", target, section)
    source = (DATA / "streams/streams/app.py").read_text()
    _branch(app, "next", source + "\nVERSION = 2\n")
    _branch(app, "sick", source.replace("HEALTHY = True", "HEALTHY = False"))
    return app


def _branch(app: App, name: str, source: str) -> None:
    history.git(app.repository, "checkout", "--quiet", "-B", name, "main")
    commit(app, f"Make it {name}", {"streams/app.py": source})
    history.git(app.repository, "checkout", "--quiet", "main")


class Got(NamedTuple):
    """What a request brought: "" or what is wrong, who answered, and what its connection saw."""

    problem: str
    host: str
    was_used: bool
    was_closed: bool
    """Closed by the other side while it was idle."""
    is_anew: bool
    """Asked a second time, because the closing had crossed it."""


class Users:
    """Short requests from some threads until it is left, GET and POST in turn, each counted.

    With `keep_alive` a connection is used again, as other clients do it: not one that was closed
    meanwhile, and a GET is asked anew if the closing crossed it. Both are counted apart.
    """

    def __init__(self, address: str, *, keep_alive: bool, threads: int = 3, pause: float = 0.03):
        self._address, self._keep_alive, self._pause = address, keep_alive, pause
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self.counts: Counter[str] = Counter()
        self.hosts: Counter[str] = Counter()
        self._threads = [threading.Thread(target=self._use, daemon=True) for _ in range(threads)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30.0)

    @property
    def failed(self) -> dict[str, int]:
        """What was no good answer, by kind."""
        return {kind: count for kind, count in self.counts.items() if kind not in HARMLESS}

    def _use(self) -> None:
        link = http.client.HTTPConnection(self._address, timeout=20)
        turn = 0
        while not self._stop.wait(self._pause):
            turn += 1
            method = "POST" if turn % 3 == 0 else "GET"
            self._count(method, as_a_browser(link, method, keep_alive=self._keep_alive))
        link.close()

    def _count(self, method: str, got: Got) -> None:
        used = f"used before: {got.was_used}"
        with self._lock:
            self.counts["closed while idle"] += got.was_closed
            self.counts["asked anew"] += got.is_anew
            self.counts["ok" if got.problem == "" else f"{method} {got.problem}, {used}"] += 1
            if got.host:
                self.hosts[got.host] += 1


def as_a_browser(link: http.client.HTTPConnection, method: str, *, keep_alive: bool) -> Got:
    """Ask over a connection that may have been used before, as `Users` says."""
    was_closed = link.sock is not None and is_closed(link.sock)
    if was_closed:
        link.close()
    was_used = link.sock is not None
    kind, host = asked(link, method, keep_alive=keep_alive)
    is_anew = was_used and method == "GET" and kind in CROSSED
    if is_anew:
        kind, host = asked(link, method, keep_alive=keep_alive)
    if not keep_alive:
        link.close()
    return Got("" if kind == "ok" else kind, host, was_used, was_closed, is_anew)


def asked(link: http.client.HTTPConnection, method: str, *, keep_alive: bool) -> tuple[str, str]:
    """Ask once; gives "ok" or what is wrong, and which host has answered."""
    headers = {"Host": NAME, "Connection": "keep-alive" if keep_alive else "close"}
    try:
        link.request(method, "/", body=b"x" * 2000 if method == "POST" else None, headers=headers)
        answer = link.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException) as error:
        link.close()
        return type(error).__name__, ""
    if answer.status != 200:
        return str(answer.status), ""
    return "ok", str(json.loads(body)["host"])


def is_closed(idle: socket.socket) -> bool:
    """Whether the other side has closed it: then it can be read, and there is nothing."""
    return bool(select.select([idle], [], [], 0)[0])


def told(address: str, path: str = "/", headers: Mapping[str, str] = NOTHING) -> dict[str, str]:
    """What the app says of one request."""
    link = http.client.HTTPConnection(address, timeout=LONGEST)
    try:
        link.request("GET", path, headers={"Host": NAME, **headers})
        answer = link.getresponse()
        body = answer.read()
        assert answer.status == 200, (answer.status, body)
        found = json.loads(body)
        assert isinstance(found, dict)
        return found
    finally:
        link.close()


class Long(Generic[Result]):
    """Something that takes long, begun now; `ended` gives what it brought, or raises."""

    def __init__(self, work: Callable[[], Result]) -> None:
        self._work = work
        self._results: list[Result] = []
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._results.append(self._work())
        except BaseException as error:  # noqa: BLE001  told by `ended`
            self._error = error

    @property
    def ended(self) -> Result:
        self._thread.join(LONGEST)
        if self._error is not None:
            raise self._error
        return self._results[0]


def upload(address: str, pieces: int, pause: float) -> dict[str, str]:
    """Send a body piece by piece; gives what the app says."""
    with socket.create_connection((address, 80), timeout=LONGEST) as link:
        head = f"POST / HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n"
        link.sendall(f"{head}Content-Length: {pieces * 1000}\r\n\r\n".encode())
        for _ in range(pieces):
            link.sendall(b"x" * 1000)
            threading.Event().wait(pause)
        answer = http.client.HTTPResponse(link)
        answer.begin()
        body = answer.read()
    assert answer.status == 200, (answer.status, body)
    found = json.loads(body)
    assert isinstance(found, dict)
    return found


def events(address: str, count: int, pause: float) -> list[tuple[str, float]]:
    """Listen to server-sent events; gives each with the seconds after which it came."""
    began = time.monotonic()
    link = http.client.HTTPConnection(address, timeout=LONGEST)
    link.request("GET", f"/events?count={count}&pause={pause}", headers={"Host": NAME})
    answer = link.getresponse()
    found = []
    while line := answer.readline():
        if line.startswith(b"data: "):
            found.append((line[6:].decode().strip(), time.monotonic() - began))
    link.close()
    return found


def talk(address: str, count: int, pause: float) -> list[str]:
    """Say things over a websocket, one after the other; gives the answers."""
    with socket.create_connection((address, 80), timeout=LONGEST) as link:
        key = base64.b64encode(os.urandom(16)).decode()
        link.sendall(
            f"GET /talk HTTP/1.1\r\nHost: {NAME}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        stream = link.makefile("rb")
        assert b" 101 " in stream.readline()
        while stream.readline() != b"\r\n":
            pass
        answers: list[str] = []
        for number in range(count):
            said = str(number).encode()
            link.sendall(bytes((0x81, 0x80 | len(said), 0, 0, 0, 0)) + said)
            head = stream.read(2)
            assert len(head) == 2, f"cut off after {answers}"
            answers.append(stream.read(head[1]).decode())
            threading.Event().wait(pause)
        return answers
