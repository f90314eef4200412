"""Writes every generated page that is not current."""

import sys
from pathlib import Path

from docs.generator.commands import commands_page
from docs.generator.decisions import decisions_page
from docs.generator.endings import endings_page
from docs.generator.events import events_page
from docs.generator.inventory import inventory_page
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
        "adr/index.md": decisions_page(DOCS / "adr"),
    }


def main() -> None:
    """Write them."""
    for name, text in pages().items():
        path = DOCS / name
        if not path.is_file() or path.read_text() != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
