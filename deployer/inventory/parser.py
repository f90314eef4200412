"""YAML text to a tree: within limits, without tags, with every duplicate key and trap named."""

from dataclasses import dataclass, field

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    ScalarEvent,
)

from deployer.inventory.scalars import Trap, read
from deployer.inventory.shown import path, shown_key, shown_words
from deployer.inventory.tree import Entry, Listing, Mark, Problem, Scalar, Table, Tree

DEEPEST = 20
"""Mappings and lists inside one another."""

MOST = 20_000
"""Values of one file, aliases counted in full."""


class _Stop(Exception):
    """The file cannot be read further."""

    def __init__(self, mark: Mark, text: str) -> None:
        super().__init__()
        self.problem = Problem(mark, "", text)


@dataclass(slots=True)
class _Measured:
    """A finished value and what it costs to copy it."""

    tree: Tree
    size: int = 1
    depth: int = 0


@dataclass(slots=True)
class _Open:
    """A mapping or list that is not closed yet."""

    mark: Mark
    is_table: bool
    anchor: str | None
    key: Tree | None = None
    entries: dict[str, Entry] = field(default_factory=dict)
    items: list[Tree] = field(default_factory=list)
    size: int = 1
    depth: int = 1

    def here(self) -> str | int:
        """Name the part that is being read."""
        if not self.is_table:
            return len(self.items)
        return self.key.text if isinstance(self.key, Scalar) else ""

    def closed(self) -> _Measured:
        """Give the whole."""
        tree = Table(self.mark, self.entries) if self.is_table else self._listing()
        return _Measured(tree, self.size, self.depth)

    def _listing(self) -> Listing:
        return Listing(self.mark, tuple(self.items))


def parse(text: str, file: str) -> tuple[Tree | None, tuple[Problem, ...]]:
    """Give what the file says and what is wrong with it; no tree if it cannot be read at all."""
    reader = _Reader(file)
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            reader.take(event)
    except _Stop as stop:
        return None, (*reader.problems, stop.problem)
    except MarkedYAMLError as error:
        return None, (*reader.problems, _syntax(error, file))
    except YAMLError as error:
        where = getattr(error, "position", 0)
        mark = _position(text, where if isinstance(where, int) else 0, file)
        return None, (Problem(mark, "", "a control character: write it as an escape in quotes"),)
    except (ValueError, OverflowError):
        # ruamel passes an escape such as "\UFFFFFFFF" to chr() unchecked.
        return None, (Problem(Mark(file, 1, 1), "", "an escape that is no character"),)
    return reader.root, tuple(reader.problems)


class _Reader:
    """Builds the tree of one file from the parser's events."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._stack: list[_Open] = []
        self._anchors: dict[str, _Measured] = {}
        self._size = 0
        self._documents = 0
        self.root: Tree | None = None
        self.problems: list[Problem] = []

    def take(self, event: Event) -> None:
        """Take the next event."""
        mark = Mark(self._file, event.start_mark.line + 1, event.start_mark.column + 1)
        match event:
            case DocumentStartEvent():
                self._document(mark)
            case AliasEvent():
                self._alias(mark, event)
            case ScalarEvent():
                self._refuse_tag(mark, event)
                self._finish(_Measured(self._scalar(mark, event)), event.anchor)
            case CollectionStartEvent():
                self._refuse_tag(mark, event)
                self._open(mark, event)
            case CollectionEndEvent():
                closed = self._stack.pop()
                self._finish(closed.closed(), closed.anchor)
            case _:
                pass

    def _tell(self, mark: Mark, text: str) -> None:
        self.problems.append(Problem(mark, path(part.here() for part in self._stack), text))

    def _document(self, mark: Mark) -> None:
        self._documents += 1
        if self._documents > 1:
            raise _Stop(mark, "a second document (`---`), allowed: one for each file")

    def _open(self, mark: Mark, event: CollectionStartEvent) -> None:
        self._stack.append(_Open(mark, isinstance(event, MappingStartEvent), event.anchor))
        if len(self._stack) > DEEPEST:
            raise _Stop(mark, f"nested too deep, allowed: {DEEPEST} levels")

    def _refuse_tag(self, mark: Mark, event: ScalarEvent | CollectionStartEvent) -> None:
        if event.ctag is not None:
            text = "a tag (`!…`), allowed: plain values; put text that starts with `!` in quotes"
            self._tell(mark, text)

    def _scalar(self, mark: Mark, event: ScalarEvent) -> Scalar:
        text = str(event.value)
        if event.style:
            return Scalar(mark, text, text)
        value = read(text)
        if isinstance(value, Trap):
            reads = f"`{shown_key(text)}` means different things to different YAML readers"
            self._tell(mark, f"{reads}: {value.instead}")
            return Scalar(mark, text, text)
        return Scalar(mark, value, text)

    def _alias(self, mark: Mark, event: AliasEvent) -> None:
        target = self._anchors.get(str(event.anchor))
        if target is None:
            raise _Stop(mark, "an alias (`*…`) of nothing above; put text that starts so in quotes")
        if len(self._stack) + target.depth > DEEPEST:
            raise _Stop(mark, f"nested too deep by an alias, allowed: {DEEPEST} levels")
        self._finish(target, None)

    def _finish(self, value: _Measured, anchor: str | None) -> None:
        if anchor is not None:
            self._anchors[str(anchor)] = value
        if not self._stack:
            self.root = value.tree
            return
        parent = self._stack[-1]
        parent.size += value.size
        parent.depth = max(parent.depth, value.depth + 1)
        if sum(part.size for part in self._stack) > MOST:
            raise _Stop(value.tree.mark, f"too many values, allowed: {MOST}, aliases included")
        self._place(parent, value.tree)

    def _place(self, parent: _Open, tree: Tree) -> None:
        if not parent.is_table:
            parent.items.append(tree)
        elif parent.key is None:
            parent.key = tree
        else:
            self._enter(parent, parent.key, tree)
            parent.key = None

    def _enter(self, parent: _Open, key: Tree, value: Tree) -> None:
        if not isinstance(key, Scalar) or not isinstance(key.value, str):
            text = "this key is no text, allowed: names; put a number or a null in quotes"
            self._tell(key.mark, text)
        elif key.value == "<<":
            text = "`<<` is not part of YAML 1.2: put what environments share in base.yaml"
            self._tell(key.mark, text)
        elif (first := parent.entries.get(key.value)) is not None:
            text = f"the key `{shown_key(key.value)}` stands twice, first in line {first.mark.line}"
            self._tell(key.mark, text)
        else:
            parent.entries[key.value] = Entry(key.mark, value)


def _syntax(error: MarkedYAMLError, file: str) -> Problem:
    unclosed = "quoted scalar" in str(error.context) and "end of stream" in str(error.problem)
    where = (error.context_mark if unclosed else error.problem_mark) or error.context_mark
    mark = Mark(file, where.line + 1, where.column + 1) if where else Mark(file, 1, 1)
    text = "a quote that is never closed" if unclosed else str(error.problem).split("\n")[0]
    return Problem(mark, "", f"not YAML: {shown_words(text)}")


def _position(text: str, where: int, file: str) -> Mark:
    before = text[:where]
    return Mark(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
