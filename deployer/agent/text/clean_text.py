"""Make text of programs safe to show: no control characters, no endless lines."""

from __future__ import annotations

import re

LONGEST = 2000
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """Give one line without terminal escapes and control characters, cut to a fair length."""
    plain = _CONTROLS.sub("", _ESCAPES.sub("", text)).rstrip()
    return plain if len(plain) <= LONGEST else plain[:LONGEST] + "…"
