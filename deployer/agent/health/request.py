"""One HTTP request on a connection of its own: no redirects, no pool, bounded in size and time."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

BODY_LIMIT = 64 * 1024
_HEAD_LIMIT = 64 * 1024
_PIECE = 16 * 1024
_HTTPS = 443
_HTTP = 80
_LOWEST_STATUS = 100
_TIMED_OUT = (TimeoutError, socket.timeout)  # in Python 3.9 they are not yet the same


@dataclass(frozen=True)
class Question:
    """What to ask, and where: a unix socket, or the front `http://…` or `https://…`."""

    path: str
    host: str
    socket: str = ""
    front: str = ""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Answer:
    """What came back: a status, or `problem` (one of refused, timeout, closed, garbage, tls)."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    problem: str = ""
    detail: str = ""


def fetch(question: Question, timeout: float) -> Answer:
    """Send a GET and give the answer; trouble is an answer too, never an exception."""
    end = time.monotonic() + timeout
    try:
        with _connected(question, timeout) as connection:
            connection.settimeout(_left(end))
            connection.sendall(_request(question))
            return _read(connection, end)
    except _TIMED_OUT:
        return Answer(problem="timeout", detail=f"no answer in {timeout:g} s")
    except (ConnectionRefusedError, FileNotFoundError) as error:
        return Answer(problem="refused", detail=str(error))
    except OSError as error:
        problem = "tls" if type(error).__name__.startswith("SSL") else "closed"
        return Answer(problem=problem, detail=str(error))


def _connected(question: Question, timeout: float) -> socket.socket:
    if question.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(timeout)
            connection.connect(question.socket)
        except OSError:
            connection.close()
            raise
        return connection
    front = urlsplit(question.front)
    secure = front.scheme == "https"
    port = front.port or (_HTTPS if secure else _HTTP)
    plain = socket.create_connection((front.hostname or "127.0.0.1", port), timeout)
    return _secured(plain, question.host) if secure else plain


def _secured(plain: socket.socket, host: str) -> socket.socket:
    import ssl  # noqa: PLC0415  costs 15 ms, and only https needs it

    context = ssl.create_default_context()
    context.check_hostname = False  # it is this host's own web server, over loopback
    context.verify_mode = ssl.CERT_NONE
    try:
        return context.wrap_socket(plain, server_hostname=host.partition(":")[0])
    except OSError:
        plain.close()
        raise


def _request(question: Question) -> bytes:
    lines = [
        f"GET {question.path} HTTP/1.1",
        f"Host: {question.host}",
        "Connection: close",
        "Accept-Encoding: identity",
        "User-Agent: deployer",
        *(f"{name}: {value}" for name, value in question.headers),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _read(connection: socket.socket, end: float) -> Answer:
    head, body = _read_head(connection, end)
    answer = _parsed(head)
    if answer.problem:
        return answer
    length = answer.headers.get("content-length", "")
    wanted = min(int(length), BODY_LIMIT) if length.isdigit() else BODY_LIMIT
    while len(body) < wanted:
        connection.settimeout(_left(end))
        piece = connection.recv(_PIECE)
        if not piece:
            break
        body += piece
    return Answer(answer.status, answer.headers, body[:BODY_LIMIT])


def _read_head(connection: socket.socket, end: float) -> tuple[bytes, bytes]:
    read = b""
    while b"\r\n\r\n" not in read and len(read) < _HEAD_LIMIT:
        connection.settimeout(_left(end))
        piece = connection.recv(_PIECE)
        if not piece:
            break
        read += piece
    head, _, body = read.partition(b"\r\n\r\n")
    return head, body


def _parsed(head: bytes) -> Answer:
    if not head:
        return Answer(problem="closed", detail="the connection was closed without an answer")
    first, *rest = head.decode("latin-1").split("\r\n")
    words = first.split(" ", 2)
    if not first.startswith("HTTP/1.") or len(words) < 2 or not words[1].isdigit():  # noqa: PLR2004  version and status
        return Answer(problem="garbage", detail=first[:80])
    status = int(words[1])
    if status < _LOWEST_STATUS:
        return Answer(problem="garbage", detail=first[:80])
    named = (line.partition(":") for line in rest if ":" in line)
    return Answer(status, {name.strip().lower(): value.strip() for name, _, value in named})
