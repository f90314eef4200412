# ruff: noqa: E501, RUF001  a table of texts that are odd on purpose
"""What the fuzzers are made of: hostile texts, and a secret that no text may show."""

import random
from copy import deepcopy

SECRET = "hunter2hunter2-tango"
"""Planted where secrets belong; no error may show it."""

HOSTILE = (
    "", " ", "\t", "a b", "-", "--", "-x", "--upload-pack=touch canary", "-oProxyCommand=touch canary",
    "--output=json", "$(touch canary)", "`touch canary`", "; touch canary", "a;b", "a|b", "a&b",
    "a\nb", "a\r\nb", "a\0b", "a\x1b[31mb", "\x1b]0;owned\x07", "\x9b31m", "::error::x",
    "\n::set-output name=a::b", "##[error]x", "section_start:1:a\r", "%", "%n", "%%", "50%off",
    "{{7*7}}", "{% for x in y %}", "${HOME}", "$HOME", "~", "~root", "~/x", "../x", "../../etc/passwd",
    "/", "//", "/etc", "/etc/passwd", "/srv/../etc", "a/../b", ".", "..", "a@b", "root@h:22", "[::1]",
    "fe80::1%eth0", "::1", "0.0.0.0", "ext::sh -c touch% canary", "file:///etc", "http://h/x",
    "https://u:p@h/x", "a..b", "HEAD@{1}", "v1;id", "refs/../x", "x.lock", "@", "a'b", 'a"b', "a\\b",
    "\\", "'", '"', "#", "a#b", "a: b", "- a", "[a", "{a", "]", "}", "&a", "*a", "!a", "!!python/object:x",
    "null", "~", "yes", "no", "on", "true", "0", "-1", "022", "22:22", "1e999", ".nan", ".inf", "0x10",
    "9" * 40, "1.5", "1_000", "2024-01-02", "é", "e\u0301", "\u202egnp", "\u200b", "\u2028", "\ufeff",
    "аpple", "🦆", "\ud800", "İ", "ß", "x" * 33, "x" * 64, "x" * 256, "x" * 5000, "a" * 70_000,
    "localhost", "192.0.2.1", "2001:db8::1", "ssh", "nginx", "root", "PATH", "LD_PRELOAD", "A-B", "1A",
    "30s", "0s", "1h", "-1s", "inf", "nan", "1e308s", "100%", "0%", "101%",
)  # fmt: skip
"""Texts that have broken one tool or another."""

ODD: tuple[object, ...] = (
    None, True, False, 0, 1, -1, 22, 65536, 10**30, 0.5, -0.0, 1e308, [], {}, [[]], [{}], {"": ""},
    {"a": "b"}, ["a", "a"], [None], {"kind": "nope"}, {"kind": None}, {"kind": []}, {"secret": "A"},
    {"secret": "-"}, {"secret": 1}, {"secret": "A", "x": 1}, [1] * 200,
)  # fmt: skip
"""Values of the wrong kind."""


def any_value(chance: random.Random) -> object:
    """Give something that no field expects."""
    return chance.choice(HOSTILE) if chance.random() < 0.6 else deepcopy(chance.choice(ODD))


def any_text(chance: random.Random) -> str:
    """Give a text, sometimes two put together, sometimes of any characters."""
    kind = chance.random()
    if kind < 0.7:
        return chance.choice(HOSTILE)
    if kind < 0.85:
        return chance.choice(HOSTILE)[:100] + chance.choice(HOSTILE)[:100]
    return "".join(chr(chance.randrange(0x3000)) for _ in range(chance.randrange(12)))
