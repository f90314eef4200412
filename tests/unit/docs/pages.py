"""What is on the pages: code blocks with their language and title, commands, links."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

PROJECT = Path(__file__).parents[3]
_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>\w*)(?: title=\"(?P<title>[^\"]*)\")?\n(?P<text>.*?)^ *```$",
    re.MULTILINE | re.DOTALL,
)
_INLINE = re.compile(r"`((?:inv|deployer) [a-z][^`…]*)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")


@dataclass(frozen=True, slots=True)
class Block:
    """A code block, and where it stands."""

    page: str
    language: str
    title: str
    text: str


def files() -> tuple[Path, ...]:
    pages = (
        *PROJECT.glob("docs/**/*.md"),
        *PROJECT.glob("*.md"),
        *PROJECT.glob("changelog.d/*.md"),
    )
    return tuple(sorted(pages))


def name(file: Path) -> str:
    return str(file.relative_to(PROJECT))


def blocks(file: Path) -> tuple[Block, ...]:
    return tuple(
        Block(
            name(file),
            found["language"],
            found["title"] or "",
            re.sub(rf"^{found['indent']}", "", found["text"], flags=re.MULTILINE),
        )
        for found in _FENCE.finditer(file.read_text())
    )


def commands(file: Path) -> Iterator[str]:
    """Every `inv …` and `deployer …`, in blocks without a language and in the text."""
    for block in blocks(file):
        if not block.language:
            lines = block.text.replace("\\\n", " ").splitlines()
            yield from (line for line in lines if re.match(_PROMPT, line))
    text = _FENCE.sub("", file.read_text())
    for found in _INLINE.finditer(text):
        yield " ".join(found[1].split())


_PROMPT = r"^(?:\$ )?(?:sudo (?:-\w+ )*)?(?:env )?(?:[A-Z_]+=(?:\"[^\"]*\"|\S*) )*(?:inv|deployer) "


def words_of(line: str) -> list[str]:
    """The words of a command after `inv`, without prompt, variables, comments and what follows."""
    lexer = shlex.shlex(re.sub(_PROMPT, "", line), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    return list(takewhile(lambda word: not set(word) <= set("();<>|&"), lexer))


def links(file: Path) -> tuple[str, ...]:
    text = re.sub(r"`[^`]*`", "", _FENCE.sub("", file.read_text()))
    return tuple(_LINK.findall(text))
