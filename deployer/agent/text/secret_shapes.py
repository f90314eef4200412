"""The shapes in which a secret may turn up in a text; the controller scrubs by them too."""

from __future__ import annotations

import base64
import json
import re
import shlex
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus, unquote

SHORTEST = 4
"""Shorter texts are found in other words too: they are no secrets."""
CONTROL = re.compile(
    r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[\x00-\x08\x0b-\x1f\x7f]"
)
_ESCAPED = re.compile("%[0-9A-F]{2}")
_UNQUOTED = str.maketrans({"+": "-", "/": "_"})
_LEAST_BASE64 = 6
_PASSWORD = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#@:]*:([^/?#@]*)@")


def pattern(secrets: Iterable[str]) -> re.Pattern[str] | None:
    """Give the expression that finds all of them, the longest first; None without any."""
    found = {shape for secret in secrets for shape in _shapes(secret)}
    ordered = sorted(found, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, ordered))) if ordered else None


def _shapes(secret: str) -> Iterator[str]:
    # The agent takes control characters away before a line is shown.
    wholes = dict.fromkeys((secret, CONTROL.sub("", secret)))
    for plain in dict.fromkeys((*wholes, *_passwords(secret))):
        if len(plain) < SHORTEST:
            continue
        yield plain
        yield from (line for line in plain.splitlines() if len(line) >= SHORTEST)
        yield from _quoted(plain)
        yield from _in_base64(plain.encode())


def _passwords(secret: str) -> tuple[str, ...]:
    """Give the password in a URL, as it stands there and as it is meant."""
    found = _PASSWORD.match(secret)
    return (found[1], unquote(found[1])) if found else ()


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
