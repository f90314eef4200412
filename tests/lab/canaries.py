"""Secrets that are planted to be looked for: in five shapes, and in every form they may take."""

import base64
import json
import re
import shlex
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

MARK = "KanariQ7"
"""Stands in every canary, so that a piece of one is found too."""

PASSWORD = f"p@ss/{MARK}db%rd #1"
VALUES = {
    "QUOTED": f"it's \"{MARK}a\" \\ `id`; ' --",
    "PERCENT": f"50%off %n %% {MARK}b %i",
    "DOLLAR": f"$HOME ${{PATH}} $(touch /tmp/canary) {MARK}c",
    "UNICODE": f"pässwörd-💥-日本-{MARK}d",
    "LONG": base64.b64encode(f"{'long' * 60}{MARK}e".encode() * 2).decode(),
    "BROKER_URL": f"amqp://bunny:{quote(f'r@b/{MARK}f', safe='')}@broker.example.org:5672/x",
}
"""By the name of the variable."""


def database_url(user: str, name: str) -> str:
    """A URL of PostgreSQL on the host itself."""
    return f"postgresql://{user}:{quote(PASSWORD, safe='')}@127.0.0.1:5432/{name}"


def found(text: str) -> tuple[str, ...]:
    """Tell which canaries stand in a text, in which form."""
    return tuple(f"{name}: {form}" for name, form, look in _LOOKS if look.search(text))


def grep() -> str:
    """Give a regular expression for `grep -P` that finds all of them."""
    return "|".join(look.pattern for _, _, look in _LOOKS)


def _forms(value: str) -> Iterator[tuple[str, str]]:
    yield "raw", value
    yield "shell", shlex.quote(value)
    yield "url", quote(value, safe="")
    yield "form", quote_plus(value)
    yield "json", json.dumps(value)[1:-1]
    yield "python", repr(value)[1:-1]
    for before in range(3):  # wherever it stands in what is encoded
        whole = base64.b64encode(b"\0" * before + value.encode())
        yield "base64", whole.decode()[4 if before else 0 :].rstrip("=")[:-2]


def _looks() -> Iterator[tuple[str, str, re.Pattern[str]]]:
    yield "any", "mark", re.compile(MARK)
    for name, value in {**VALUES, "PASSWORD": PASSWORD}.items():
        for form, text in dict(_forms(value)).items():
            yield name, form, re.compile(re.escape(text))
        yield name, "half", re.compile(re.escape(value[len(value) // 2 :]))


_LOOKS = tuple(_looks())
