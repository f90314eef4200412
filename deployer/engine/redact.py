"""Scrub known secrets and control characters from what hosts print."""

import base64
import json
import re
import shlex
from collections.abc import Iterable
from urllib.parse import quote

_SHORTEST = 4
_CONTROL = re.compile(
    r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[\x00-\x08\x0b-\x1f\x7f]"
)


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


def _shapes(secret: str) -> tuple[str, ...]:
    if len(secret) < _SHORTEST:
        return ()
    lines = tuple(line for line in secret.splitlines() if len(line) >= _SHORTEST)
    return (
        secret,
        *lines,
        quote(secret, safe=""),
        quote(secret),
        shlex.quote(secret),
        json.dumps(secret)[1:-1],
        base64.b64encode(secret.encode()).decode().rstrip("="),
        repr(secret)[1:-1],
    )
