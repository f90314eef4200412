"""Text from hosts made safe to show: no escape sequences, no forged lines, no CI commands."""

import math
import re
from collections.abc import Sequence

# ECMA-48: CSI, OSC, the other strings (DCS, SOS, PM, APC), then two-byte escapes.
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b\]|\x9d)[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[PX^_][^\x1b\n]*(?:\x1b\\)?"
    r"|\x1b[ -/]*[0-~]"
)
_BLANKS = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")
# Control characters, halves of surrogate pairs, and signs that reorder or hide text (bidi, tags).
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_HASH_COMMAND = re.compile(r"##(?=\[|vso\[|teamcity\[)")
_MINUTE = 60


def clean(text: str) -> str:
    """Give text on one line that a terminal only prints; what else was in it is written out."""
    line = _BLANKS.sub(" ", _ESCAPES.sub("", text)).rstrip()
    return _UNSAFE.sub(lambda found: found[0].encode("unicode_escape").decode(), line)


def harmless(line: str) -> str:
    """Give a line that no CI runner takes for a command (`::error::`, `##[group]`, `##vso[…]`).

    GitHub's runner reads `::` at the start of a line after blanks, and `##[` anywhere in it.
    """
    line = without_hash_commands(line)
    return line.replace("::", ": :", 1) if line.lstrip().startswith("::") else line


def without_hash_commands(line: str) -> str:
    """Break up the older form of commands, which runners also find in the middle of a line."""
    return _HASH_COMMAND.sub("## ", line)


def duration(seconds: float) -> str:
    """Say a number of seconds as people do: `0.4 s`, `2 min 05 s`."""
    if not math.isfinite(seconds) or seconds < 0:
        return "-"
    if seconds < _MINUTE:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), _MINUTE)
    return f"{minutes} min {rest:02d} s"


def listed(names: Sequence[str], longest: int = 8) -> str:
    """Name the first few of a list and count the others."""
    shown = ", ".join(clean(name) for name in names[:longest])
    more = len(names) - longest
    return f"{shown} and {more} more" if more > 0 else shown
