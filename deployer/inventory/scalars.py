"""Plain words of YAML to values: YAML 1.2's core, and a refusal of what 1.1 reads otherwise.

Editors, linters and other tools read `no`, `022`, `22:22`, `1_000` or a date in other ways than
we would (https://yaml.org/spec/1.2.2/ext/changes/); whoever writes one has to say what is meant.
"""

import re
from dataclasses import dataclass

_TRAPS = (
    (r"(?i:yes|no|on|off|y|n)", "write `true` or `false`, or put the text in quotes"),
    (r"[-+]?0[0-9_]+", "write the number without a leading zero, or put the text in quotes"),
    (r"[-+]?0[xob][0-9a-fA-F_]+", "write the number in decimal, or put the text in quotes"),
    (r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?", "put the text in quotes"),
    (r"[-+]?[0-9]+_[0-9_]*(?:\.[0-9_]*)?", "leave out the `_`, or put the text in quotes"),
    (r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt\s].*)?", "put the date in quotes"),
)
_INT = r"[-+]?[0-9]{1,25}"
_FLOAT = r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,5})?"
_INFINITE = r"[-+]?\.(?:inf|Inf|INF)"


@dataclass(frozen=True, slots=True)
class Trap:
    """A word that YAML readers disagree about, and what to write instead."""

    instead: str


def read(word: str) -> str | int | float | bool | Trap | None:
    """Give the value of an unquoted word."""
    if word in {"", "~", "null", "Null", "NULL"}:
        return None
    if word in {"true", "True", "TRUE", "false", "False", "FALSE"}:
        return word.lower() == "true"
    for pattern, instead in _TRAPS:
        if re.fullmatch(pattern, word):
            return Trap(instead)
    return _number(word)


def _number(word: str) -> str | int | float:
    if re.fullmatch(_INT, word):
        return int(word)
    if re.fullmatch(_FLOAT, word):
        return float(word)
    if re.fullmatch(_INFINITE, word):
        return float("-inf" if word.startswith("-") else "inf")
    return float("nan") if word in {".nan", ".NaN", ".NAN"} else word
