"""Find in a unit's log why a Python program died."""

from __future__ import annotations

import re
from collections.abc import Sequence

_EXCEPTION = re.compile(r"(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:: .*)?")
_TRACEBACK = "Traceback (most recent call last):"
_FRAME = '  File "'  # Python tells a SyntaxError of the first file without the line above
_LONGEST = 300
_SHOWN = 30


def crash_reason(lines: Sequence[str]) -> str:
    """Give the last line of the last traceback, such as `ModuleNotFoundError: No module …`."""
    reason = ""
    inside = False
    for line in lines:
        if line.strip().endswith(_TRACEBACK) or line.startswith(_FRAME):
            inside = True
        elif inside and line and not line[0].isspace():
            inside = False
            if _EXCEPTION.fullmatch(line.strip()):
                reason = line.strip()
    return reason[:_LONGEST]


def telling(lines: Sequence[str]) -> tuple[str, ...]:
    """Give the lines to show of a log: its last whole traceback, or else its end."""
    begin = end = 0
    start = -1
    for at, line in enumerate(lines):
        if line.strip().endswith(_TRACEBACK):
            start = at
        elif start >= 0 and line and not line[0].isspace():
            begin, end, start = start, at + 1, -1
    whole = tuple(lines[begin:end])
    if len(whole) <= _SHOWN:
        return whole or tuple(lines[-_SHOWN:])
    return (whole[0], "  …", *whole[2 - _SHOWN :])


def since_started(lines: Sequence[str]) -> tuple[str, ...]:
    """Leave out what every start logs: systemd says `Started UNIT` when the unit is active."""
    started = [at for at, line in enumerate(lines) if line.startswith("Started ")]
    return tuple(lines[started[-1] + 1 :] if started else lines)
