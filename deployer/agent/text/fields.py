"""Read the fields of an action, each as the one type that it may have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast


class WrongField(ValueError):
    """A field of an action has another type than the contract says."""

    def __init__(self, key: str, wanted: str) -> None:
        super().__init__(f"the field `{key}` of an action is not {wanted}")


def text(action: Mapping[str, object], key: str, default: str = "") -> str:
    """Give a text."""
    value = action.get(key, default)
    if not isinstance(value, str):
        raise WrongField(key, "a text")
    return value


def number(action: Mapping[str, object], key: str, default: float = 0.0) -> float:
    """Give a number."""
    value = action.get(key, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise WrongField(key, "a number")
    return value


def whole(action: Mapping[str, object], key: str, default: int = 0) -> int:
    """Give a whole number."""
    value = action.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise WrongField(key, "a whole number")
    return value


def flag(action: Mapping[str, object], key: str) -> bool:
    """Give yes or no."""
    value = action.get(key, False)
    if not isinstance(value, bool):
        raise WrongField(key, "true or false")
    return value


def octets(action: Mapping[str, object], key: str) -> bytes:
    """Give bytes."""
    value = action.get(key, b"")
    if not isinstance(value, bytes):
        raise WrongField(key, "bytes")
    return value


def texts(action: Mapping[str, object], key: str) -> tuple[str, ...]:
    """Give a list of texts."""
    found = _items(action, key)
    if not all(isinstance(item, str) for item in found):
        raise WrongField(key, "a list of texts")
    return cast("tuple[str, ...]", found)


def pairs(action: Mapping[str, object], key: str) -> tuple[tuple[str, str], ...]:
    """Give a list of pairs of texts."""
    return tuple(_pair(key, item) for item in _items(action, key))


def objects(action: Mapping[str, object], key: str) -> tuple[Mapping[str, object], ...]:
    """Give a list of objects."""
    found = _items(action, key)
    if not all(isinstance(item, Mapping) for item in found):
        raise WrongField(key, "a list of objects")
    return cast("tuple[Mapping[str, object], ...]", found)


def one(action: Mapping[str, object], key: str) -> Mapping[str, object]:
    """Give an object."""
    value = action.get(key)
    if not isinstance(value, Mapping):
        raise WrongField(key, "an object")
    return value


def _items(action: Mapping[str, object], key: str) -> tuple[object, ...]:
    value = action.get(key, ())
    if not isinstance(value, (list, tuple)):
        raise WrongField(key, "a list")
    return tuple(value)


def _pair(key: str, item: object) -> tuple[str, str]:
    if isinstance(item, (list, tuple)) and len(item) == 2:  # noqa: PLR2004  a pair has two
        first, second = item
        if isinstance(first, str) and isinstance(second, str):
            return first, second
    raise WrongField(key, "a list of pairs")
