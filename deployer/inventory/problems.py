"""What pydantic found, as lines: where it stands in which file, what was found, what is allowed."""

import re
from dataclasses import dataclass, replace

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from deployer.core.model import did_you_mean
from deployer.inventory.shown import found, shown_key
from deployer.inventory.tree import Entry, Listing, Mark, Problem, Scalar, Table, Tree

_ALLOWED = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list such as `[a, b]`",
    "dict_type": "a mapping (`key: value`)",
    "mapping_type": "a mapping (`key: value`)",
    "model_type": "a mapping (`key: value`)",
    "model_attributes_type": "a mapping (`key: value`)",
    "greater_than_equal": "{ge} or more",
    "less_than_equal": "{le} or less",
    "too_short": "at least {min_length}",
    "too_long": "at most {max_length}",
    "string_too_short": "at least {min_length} characters",
    "string_too_long": "at most {max_length} characters",
    "finite_number": "a finite number",
    "int_parsing_size": "a smaller number",
}


@dataclass(frozen=True, slots=True)
class _Spot:
    """A place in the tree: the nearest mark, the path as a user writes it, the value if any."""

    mark: Mark
    path: str
    value: Tree | None
    absent: str = ""


def problems_of(error: ValidationError, root: Tree) -> tuple[Problem, ...]:
    """Give each mistake once, as a user can find it."""
    details = error.errors(include_url=False, include_input=False)
    told = [detail for detail in details if not _is_echo(detail, details, root)]
    return tuple(dict.fromkeys(_problem(detail, root) for detail in told))


def _is_echo(detail: ErrorDetails, details: list[ErrorDetails], root: Tree) -> bool:
    place = detail["loc"]
    if detail["type"] == "too_short":
        # Pydantic counts only the good items of a list.
        return any(place == other["loc"][:-1] for other in details if other is not detail)
    # The name that the loader gives to a host is its key, of which pydantic tells already.
    is_name = place[:1] == ("hosts",) and place[2:] == ("name",)
    return is_name and bool(_spot(root, place, about_key=False).absent)


def _problem(detail: ErrorDetails, root: Tree) -> Problem:
    kind = detail["type"]
    about_key = detail["loc"][-1:] == ("[key]",)
    place = detail["loc"][:-1] if about_key else detail["loc"]
    place = (*place, "kind") if kind == "union_tag_invalid" else place
    spot = _spot(root, place, about_key=about_key or kind == "unknown_key")
    if kind == "missing":
        return Problem(spot.mark, _joined(spot.path, place[-1]), "is missing, it is required")
    if kind == "unknown_key":
        return Problem(spot.mark, spot.path, f"unknown key, {_allowed(detail, spot)}")
    if spot.absent and kind == "refused":
        return Problem(spot.mark, _joined(spot.path, spot.absent), _allowed(detail, spot))
    what = f"`{shown_key(str(place[-1]))}`" if about_key else found(spot.value, spot.path)
    return Problem(spot.mark, spot.path, f"found {what}, {_allowed(detail, spot)}")


def _allowed(detail: ErrorDetails, spot: _Spot) -> str:
    context = detail.get("ctx", {})
    match detail["type"]:
        case "refused" | "unknown_key":
            return str(context["allowed"])
        case "literal_error" | "union_tag_invalid":
            return _choices(str(context.get("expected", context.get("expected_tags"))), spot)
        case "union_tag_not_found":
            return "allowed: a mapping with `kind`"
        case kind:
            text = _ALLOWED.get(kind, "another value").format_map(context)
            return f"allowed: {text}{_advice(kind, spot.value)}"


def _choices(expected: str, spot: _Spot) -> str:
    known = re.findall(r"'([^']*)'", expected)
    word = spot.value.text if isinstance(spot.value, Scalar) else ""
    return f"allowed: {', '.join(known)}{did_you_mean(word, known)}"


def _advice(kind: str, value: Tree | None) -> str:
    match kind, value:
        case "string_type", Scalar(value=bool() | int() | float()):
            return " (put it in quotes)"
        case "int_type" | "float_type" | "bool_type", Scalar(value=str(text)) if re.fullmatch(
            r"[0-9.]+|true|false", text
        ):
            return " (remove the quotes)"
        case _:
            return ""


def _spot(root: Tree, place: tuple[str | int, ...], *, about_key: bool) -> _Spot:
    spot = _Spot(root.mark, "", root)
    key_mark = root.mark
    for part in place:
        match spot.value:
            case Table(entries=entries) if isinstance(part, str) and part in entries:
                entry: Entry = entries[part]
                key_mark = entry.mark
                spot = _Spot(entry.value.mark, _joined(spot.path, part), entry.value)
            case Listing(items=items) if isinstance(part, int) and part < len(items):
                spot = _Spot(items[part].mark, f"{spot.path}[{part}]", items[part])
            case _:
                # A tag that pydantic adds for a union, or a key that is not there.
                spot = replace(spot, absent=str(part))
    of_key = about_key or isinstance(spot.value, Table)
    return replace(spot, mark=key_mark if of_key else spot.mark)


def _joined(path: str, part: str | int) -> str:
    return f"{path}.{shown_key(str(part))}" if path else shown_key(str(part))
