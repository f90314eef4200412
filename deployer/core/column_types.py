"""Whether a column of another type still takes and gives what it did before."""

import re
from enum import StrEnum

_WHOLE = ("smallint", "integer", "bigint")
_ALIASES = {
    "int": "integer",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "character varying": "varchar",
    "longtext": "text",
    "mediumtext": "text",
    "decimal": "numeric",
    "float4": "real",
    "float8": "double precision",
    "bool": "boolean",
}
_WRITTEN = re.compile(r"(?P<name>[a-z0-9_ ]*[a-z0-9_])\s*(?:\((?P<sizes>[0-9, ]+)\))?(?P<rest>.*)")


class Fit(StrEnum):
    """How a new type stands to an old one."""

    SAME = "same"
    WIDER = "wider"
    OTHER = "other"


def fit(old: str, new: str) -> Fit:
    """Compare two column types as a database writes them; when in doubt they are different."""
    before, after = _read(old), _read(new)
    if before == after:
        return Fit.SAME
    if before[2] == after[2] and (_wider_whole(before, after) or _wider_sized(before, after)):
        return Fit.WIDER
    return Fit.OTHER


_Type = tuple[str, tuple[int, ...], str]


def _read(text: str) -> _Type:
    found = _WRITTEN.fullmatch(" ".join(text.lower().split()))
    if found is None:
        return text, (), ""
    name, unsigned, _ = found["name"].partition(" unsigned")
    sizes = tuple(int(one) for one in (found["sizes"] or "").split(",") if one.strip())
    return _ALIASES.get(name, name), sizes, f"{unsigned}{found['rest']}".strip()


def _wider_whole(before: _Type, after: _Type) -> bool:
    if before[0] not in _WHOLE or after[0] not in _WHOLE:
        return before[0] == "real" and after[0] == "double precision"
    return _WHOLE.index(before[0]) < _WHOLE.index(after[0])


def _wider_sized(before: _Type, after: _Type) -> bool:
    if before[0] == "varchar" and after[0] == "text":
        return True
    if before[0] != after[0] or before[0] not in {"varchar", "numeric"}:
        return False
    if not after[1]:
        return True
    if len(before[1]) != len(after[1]):
        return False
    if before[0] == "varchar":
        return before[1] <= after[1]
    whole = [sizes[0] - (sizes[1] if len(sizes) > 1 else 0) for sizes in (before[1], after[1])]
    return whole[0] <= whole[1] and before[1][1:] <= after[1][1:]
