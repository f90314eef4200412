"""JSON lines and blobs: what travels between the controller and the agent."""

import json
from collections.abc import Iterator, Sequence

from deployer.core.transport import Message

LONGEST_LINE = 256 * 1024 * 1024
"""Bytes; a longer line is not from our agent."""


def encode(message: Message, blobs: Sequence[bytes] = ()) -> bytes:
    """Give the line for a message; `blobs` in it announces the length of each blob that follows."""
    announced = {**message, "blobs": [len(blob) for blob in blobs]} if blobs else message
    text = json.dumps(announced, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass") + b"\n"


def decode(line: bytes) -> Message | None:
    """Read one line; None if it is not a JSON object."""
    try:
        value: object = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


class Lines:
    """Cuts arriving bytes into lines, without looking at a byte twice."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._searched = 0

    def __len__(self) -> int:
        return len(self._bytes)

    def feed(self, data: bytes) -> None:
        """Take the bytes that arrived."""
        self._bytes += data

    def pop(self) -> bytes | None:
        """Give the next whole line without its end, or None until more bytes arrive."""
        end = self._bytes.find(b"\n", self._searched)
        if end < 0:
            self._searched = len(self._bytes)
            return None
        line = bytes(self._bytes[:end])
        del self._bytes[: end + 1]
        self._searched = 0
        return line


class Tail:
    """The last bytes of what a program complained about."""

    def __init__(self, limit: int = 8192) -> None:
        self._limit = limit
        self._bytes = b""

    def feed(self, data: bytes) -> None:
        """Take more bytes; the oldest beyond the limit are dropped."""
        self._bytes = (self._bytes + data)[-self._limit :]

    @property
    def data(self) -> bytes:
        """The bytes as they came."""
        return self._bytes

    def text(self) -> str:
        """Give the tail as text, with what is not UTF-8 replaced."""
        return self._bytes.decode("utf-8", "replace").strip()


def pieces(line: bytes, blobs: Sequence[bytes], size: int = 1 << 20) -> Iterator[bytes]:
    """Cut a line and its blobs into pieces of at most `size` bytes, small ones joined."""
    waiting = line
    for blob in blobs:
        if len(waiting) + len(blob) <= size:
            waiting += blob
            continue
        yield waiting
        waiting = b""
        view = memoryview(blob)
        for start in range(0, len(blob), size):
            yield bytes(view[start : start + size])
    if waiting:
        yield waiting
