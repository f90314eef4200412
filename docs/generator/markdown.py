"""Markdown from values: tables, and text that cannot break out of a cell."""

from collections.abc import Iterable, Sequence

GENERATED = "<!-- Written by `python -m docs.generator`: change the code instead. -->\n"


def page(title: str, *parts: str) -> str:
    """Give a whole page: a note that it is generated, the title, the parts."""
    return "\n\n".join((f"{GENERATED}\n# {title}", *(part.strip("\n") for part in parts))) + "\n"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Give a table; `|` in cells is escaped, line breaks become spaces."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(_cell(one) for one in line)} |" for line in lines)


def code(text: str) -> str:
    """Give inline code; nothing for no text."""
    return f"`{text}`" if text else ""


def first_sentence(text: str | None) -> str:
    """Give the first paragraph of a docstring on one line."""
    return " ".join((text or "").strip().split("\n\n")[0].split())


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
