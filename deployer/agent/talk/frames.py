"""Messages on a stream: a JSON line and, where it announces `blobs`, that many raw bytes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import cast

LONGEST_LINE = 16 * 1024 * 1024
MOST_BLOBS = 2 * 1024 * 1024 * 1024
_PIECE = 256 * 1024
Message = dict[str, object]


class WrongFrame(ValueError):
    """What came in is not a message; nothing after it can be read."""


def encode(message: Mapping[str, object]) -> bytes:
    """Give the line for a message without blobs."""
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


class Reader:
    """Takes messages from a stream; `receive(n)` gives up to n bytes, b"" at the end."""

    def __init__(self, receive: Callable[[int], bytes]) -> None:
        self._receive = receive
        self._bytes = bytearray()

    def message(self) -> tuple[Message, list[bytes]] | None:
        """Give the next message and its blobs; None at the end. Raises WrongFrame."""
        line = self._line()
        if line is None:
            return None
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            raise WrongFrame("a line is not JSON") from None
        if not isinstance(found, dict):
            raise WrongFrame("a line is not a JSON object")
        blobs = [self._blob(length) for length in _lengths(found.pop("blobs", []))]
        return found, blobs

    def rest(self) -> bytes:
        """Give what was read from the stream and not yet used, and forget it."""
        rest = bytes(self._bytes)
        self._bytes.clear()
        return rest

    def push_back(self, data: bytes) -> None:
        """Put bytes in front of all that is still to come."""
        self._bytes[:0] = data

    def _line(self) -> bytes | None:
        searched = 0
        while (end := self._bytes.find(b"\n", searched)) < 0:
            searched = len(self._bytes)
            if searched > LONGEST_LINE:
                raise WrongFrame("a line has no end")
            piece = self._receive(_PIECE)
            if not piece:
                return None  # a torn line at the end was never sent whole: nobody acts on it
            self._bytes += piece
        line = bytes(self._bytes[:end])
        del self._bytes[: end + 1]
        return line

    def _blob(self, length: int) -> bytes:
        while len(self._bytes) < length:
            piece = self._receive(_PIECE)
            if not piece:
                raise WrongFrame("the stream ended within a blob")
            self._bytes += piece
        blob = bytes(self._bytes[:length])
        del self._bytes[:length]
        return blob


def filled(value: object, blobs: list[bytes]) -> object:
    """Put the blobs where a value names them by `{"blob": i}`; raises WrongFrame."""
    if isinstance(value, list):
        return [filled(item, blobs) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"blob"}:
        return _picked(value["blob"], blobs)
    return {key: filled(item, blobs) for key, item in value.items()}


def has_blob(value: object) -> bool:
    """Tell whether a value names a blob anywhere."""
    if isinstance(value, list):
        return any(has_blob(item) for item in value)
    if isinstance(value, dict):
        return "blob" in value or any(has_blob(item) for item in value.values())
    return isinstance(value, bytes)


def _picked(number: object, blobs: list[bytes]) -> bytes:
    if isinstance(number, int) and 0 <= number < len(blobs):
        return blobs[number]
    raise WrongFrame("a message names a blob that did not come with it")


def _lengths(value: object) -> list[int]:
    if not isinstance(value, list) or not all(type(item) is int and item >= 0 for item in value):
        raise WrongFrame("the lengths of blobs are not numbers")
    lengths = cast("list[int]", value)
    if sum(lengths) > MOST_BLOBS:
        raise WrongFrame("the blobs are too large")
    return lengths
