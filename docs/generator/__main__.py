"""Writes every generated page that is not current."""

import sys
from pathlib import Path

from docs.generator.commands import commands_page
from docs.generator.decisions import decisions_page
from docs.generator.endings import endings_page
from docs.generator.events import events_page
from docs.generator.inventory import inventory_page
from docs.generator.load import load_page
from docs.generator.reliability import reliability_page
from docs.generator.templates import templates_page

DOCS = Path(__file__).resolve().parents[1]


def pages() -> dict[str, str]:
    """Give every generated page by its path below docs/."""
    return {
        "reference/inventory.md": inventory_page(),
        "reference/commands.md": commands_page(),
        "reference/events.md": events_page(),
        "reference/exit-codes.md": endings_page(),
        "reference/templates.md": templates_page(),
        "reliability.md": reliability_page(DOCS.parent / "tests/faults/results.jsonl"),
        "load.md": load_page(DOCS.parent / "benchmarks/load.jsonl"),
        "adr/index.md": decisions_page(DOCS / "adr"),
    }


def stale() -> dict[str, str]:
    """Give the pages that are not what the code says now."""
    return {
        name: text
        for name, text in pages().items()
        if not (DOCS / name).is_file() or (DOCS / name).read_text() != text
    }


def main() -> int:
    """Write them and name them; with `--check` only name them, and end with 1 if there are any."""
    is_check = sys.argv[1:] == ["--check"]
    found = stale()
    for name, text in found.items():
        sys.stdout.write(f"docs/{name}\n")
        if not is_check:
            (DOCS / name).parent.mkdir(parents=True, exist_ok=True)
            (DOCS / name).write_text(text)
    return int(is_check and bool(found))


if __name__ == "__main__":
    sys.exit(main())
