"""What a YAML file says, with the place of every key and value."""

from collections.abc import Mapping
from dataclasses import dataclass

Plain = str | int | float | bool | None | tuple["Plain", ...] | dict[str, "Plain"]
"""Data as pydantic takes it."""


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A place in a file; line and column start at 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Scalar:
    """A value; `text` is how it is written, `removes` tells a null that covered something."""

    mark: Mark
    value: str | int | float | bool | None
    text: str
    removes: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """A list."""

    mark: Mark
    items: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A key's place, and its value."""

    mark: Mark
    value: "Tree"


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping, in the file's order."""

    mark: Mark
    entries: Mapping[str, Entry]


Tree = Scalar | Listing | Table


@dataclass(frozen=True, slots=True)
class Problem:
    """One line for the user: where, at which key, and what."""

    mark: Mark
    path: str
    text: str

    def __str__(self) -> str:
        path = f"{self.path}: " if self.path else ""
        return f"{self.mark}: {path}{self.text}"


def plain(tree: Tree) -> Plain:
    """Give the data alone; keys that a null removed are gone."""
    match tree:
        case Scalar():
            return tree.value
        case Listing():
            return tuple(plain(item) for item in tree.items)
        case Table():
            return {
                key: plain(entry.value)
                for key, entry in tree.entries.items()
                if not (isinstance(entry.value, Scalar) and entry.value.removes)
            }
