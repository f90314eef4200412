"""What is only in the source: the text below a name or a field (ast keeps it, Python does not)."""

import ast
import inspect
from collections.abc import Iterable
from itertools import pairwise
from types import ModuleType


def text_below(owner: ModuleType | type) -> dict[str, str]:
    """Give the text that stands right below each assignment of a module or class."""
    tree = ast.parse(inspect.cleandoc(inspect.getsource(owner)))
    body: Iterable[ast.stmt] = tree.body
    if isinstance(owner, type) and isinstance(tree.body[0], ast.ClassDef):
        body = tree.body[0].body
    found: dict[str, str] = {}
    for one, below in pairwise(body):
        name = _assigned(one)
        text = _text(below)
        if name and text:
            found[name] = " ".join(text.split())
    return found


def _assigned(statement: ast.stmt) -> str:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name
        case ast.AnnAssign(target=ast.Name(id=name)):
            return name
        case _:
            return ""


def _text(statement: ast.stmt) -> str:
    match statement:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return text
        case _:
            return ""
