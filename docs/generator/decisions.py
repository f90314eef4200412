"""The list of decisions, from their files."""

from pathlib import Path

from docs.generator.markdown import page

_INTRO = """\
What binds many parts was decided once, in writing: the context, the decision, what follows from
it. A new decision of this kind gets a new page first."""


def decisions_page(folder: Path) -> str:
    """Give the page that lists every decision in a folder."""
    files = sorted(folder.glob("[0-9]*.md"))
    lines = [f"- [{_title(file)}]({file.name})" for file in files]
    return page("Decisions", _INTRO, "\n".join(lines))


def _title(file: Path) -> str:
    return file.read_text().splitlines()[0].removeprefix("# ")
