"""Answers of the data commands: aligned text for a person, one JSON document for a program."""

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TextIO

from deployer.output.choose import Output
from deployer.output.jsonl import json_text
from deployer.output.stream import Stream
from deployer.output.text import clean, harmless

Row = Mapping[str, object]


@dataclasses.dataclass(frozen=True, slots=True)
class Section:
    """Rows under a title; `columns` names the keys to show and their order."""

    title: str
    rows: Sequence[Row]
    columns: Sequence[str]


def show(
    rows: Sequence[Row],
    columns: Sequence[str],
    *,
    command: str,
    environment: str,
    output: Output,
    stdout: TextIO | None,
) -> None:
    """Print rows; as JSON `{"command": …, "environment": …, "rows": […]}` with all their keys."""
    if output == Output.JSON:
        document = {"command": command, "environment": environment, "rows": rows}
        Stream(stdout).line(json_text(document))
        return
    _print(table(rows, columns), stdout)


def show_sections(
    sections: Sequence[Section],
    *,
    command: str,
    environment: str,
    output: Output,
    stdout: TextIO | None,
) -> None:
    """Print several tables; as JSON one document whose `sections` holds the rows by title."""
    if output == Output.JSON:
        by_title = {section.title: section.rows for section in sections}
        document = {"command": command, "environment": environment, "sections": by_title}
        Stream(stdout).line(json_text(document))
        return
    for number, section in enumerate(sections):
        heading = (clean(section.title).upper(),)
        _print(("",) * bool(number) + heading + table(section.rows, section.columns), stdout)


def table(rows: Sequence[Row], columns: Sequence[str]) -> tuple[str, ...]:
    """Give the lines of an aligned table; text of several lines (a diff) goes below its row."""
    if not rows:
        return ("(none)",)
    heads = [clean(column).replace("_", " ").upper() for column in columns]
    cells = [[_cell(row.get(column)) for column in columns] for row in rows]
    widths = [max(map(len, parts)) for parts in zip(heads, *cells, strict=True)]
    right = [all(_is_number(row.get(column)) for row in rows) for column in columns]
    lines = [_aligned(heads, widths, right)]
    for row, texts in zip(rows, cells, strict=True):
        lines.append(_aligned(texts, widths, right))
        lines += [line for column in columns for line in _block(row.get(column))]
    return tuple(lines)


def _print(lines: Sequence[str], stdout: TextIO | None) -> None:
    stream = Stream(stdout)
    for line in lines:
        stream.line(harmless(line))


def _aligned(texts: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    parts = zip(texts, widths, right, strict=True)
    return "  ".join(t.rjust(w) if r else t.ljust(w) for t, w, r in parts).rstrip()


def _cell(value: object) -> str:  # noqa: PLR0911  one line per kind of value
    match value:
        case None | "":
            return "-"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.1f}"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S %Z}".rstrip()
        case list() | tuple() | set() | frozenset():
            return ", ".join(map(_cell, value)) or "-"
        case str() if "\n" in value:
            return "(below)"
        case _:
            return clean(str(value))


def _block(value: object) -> tuple[str, ...]:
    if not isinstance(value, str) or "\n" not in value:
        return ()
    return tuple(f"    {clean(line)}".rstrip() for line in value.splitlines())


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
