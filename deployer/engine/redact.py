"""Scrub known secrets and control characters from what hosts print."""

import base64
import json
import re
import shlex
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

_SHORTEST = 4
_CONTROL = re.compile(
    r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[\x00-\x08\x0b-\x1f\x7f]"
)
_ESCAPED = re.compile("%[0-9A-F]{2}")
_UNQUOTED = str.maketrans({"+": "-", "/": "_"})
_LEAST_BASE64 = 6
"""Shorter pieces of base64 are found in other words too."""


class Redactor:
    """Replaces every known secret, in the shapes it may take, by `***`."""

    def __init__(self, secrets: Iterable[str]) -> None:
        shapes = {shape for secret in secrets for shape in _shapes(secret)}
        ordered = sorted(shapes, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def __call__(self, text: str) -> str:
        """Give the text without secrets, terminal escapes and control characters."""
        scrubbed = self._pattern.sub("***", text) if self._pattern else text
        clean = _CONTROL.sub("", scrubbed)
        return self._pattern.sub("***", clean) if self._pattern else clean


def _shapes(secret: str) -> Iterator[str]:
    # The agent takes control characters away before a line comes here.
    for plain in dict.fromkeys((secret, _CONTROL.sub("", secret))):
        if len(plain) < _SHORTEST:
            continue
        yield plain
        yield from (line for line in plain.splitlines() if len(line) >= _SHORTEST)
        yield from _quoted(plain)
        yield from _in_base64(plain.encode())


def _quoted(secret: str) -> Iterator[str]:
    for url in (quote(secret, safe=""), quote(secret), quote_plus(secret)):
        yield url
        yield _ESCAPED.sub(lambda found: found[0].lower(), url)
    yield shlex.quote(secret)
    yield shlex.quote(f"{secret} ")[1:-2]  # in the middle of a longer word
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]


def _in_base64(secret: bytes) -> Iterator[str]:
    """Give what is the same wherever the secret stands in a longer text, such as `user:secret`."""
    for before in range(3):
        first = (0, 2, 3)[before]  # characters that also hold bits of what is before
        last = (before + len(secret)) * 8 // 6
        piece = base64.b64encode(b"\0" * before + secret).decode()[first:last]
        if len(piece) >= _LEAST_BASE64:
            yield piece
            yield piece.translate(_UNQUOTED)
    yield base64.b64encode(secret).decode().rstrip("=")
