"""An inventory from its files, or every problem of them at once."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from deployer.core.inventory import Inventory
from deployer.errors import InventoryError
from deployer.inventory.encoding import LARGEST, decoded
from deployer.inventory.layers import merge
from deployer.inventory.parser import parse
from deployer.inventory.problems import problems_of
from deployer.inventory.shown import found
from deployer.inventory.tree import Mark, Problem, Scalar, Table, Tree, plain

BASE = "base.yaml"
"""What all environments of a folder share."""


def load(folder: Path, environment: str, environ: Mapping[str, str]) -> Inventory:
    """Read `<environment>.yaml` over `base.yaml`; raises InventoryError with every problem.

    `environ` gives HOME for paths that start with `~`; nothing else of it is read here.
    """
    tree, problems = _layered(folder, environment)
    data = plain(tree)
    if isinstance(data, dict) and "environment" in data:
        data = {key: value for key, value in data.items() if key != "environment"}
    try:
        inventory = Inventory.model_validate(
            {"environment": environment, **data} if isinstance(data, dict) else data,
            context={"home": environ.get("HOME", "")},
        )
    except ValidationError as error:
        # A trap is told once: that its text is then of the wrong type is no second problem.
        told = {problem.mark for problem in problems}
        new = (one for one in problems_of(error, tree) if one.mark not in told)
        raise _error((*problems, *new)) from None
    if problems:
        raise _error(problems)
    return inventory


def _layered(folder: Path, environment: str) -> tuple[Tree, tuple[Problem, ...]]:
    base = folder / BASE
    files = (*((base,) if base.exists() else ()), folder / f"{environment}.yaml")
    read = [_read(file) for file in files]
    problems = tuple(problem for _, found_in in read for problem in found_in)
    trees = [tree for tree, _ in read if tree is not None]
    if len(trees) < len(files):
        raise _error(problems)
    return (trees[0] if len(trees) == 1 else merge(trees[0], trees[-1])), problems


def _read(file: Path) -> tuple[Table | None, tuple[Problem, ...]]:
    start = Mark(str(file), 1, 1)
    data = _bytes(file, start)
    if isinstance(data, Problem):
        return None, (data,)
    text = decoded(data, str(file))
    if isinstance(text, Problem):
        return None, (text,)
    tree, problems = parse(text, str(file))
    return _table(tree, problems, start)


def _table(
    tree: Tree | None, problems: tuple[Problem, ...], start: Mark
) -> tuple[Table | None, tuple[Problem, ...]]:
    match tree:
        case Table(entries=entries):
            own = entries.get("environment")
            text = "is the name of the file: leave this line out"
            given = (Problem(own.mark, "environment", text),) if own else ()
            return tree, (*problems, *given)
        case None if problems:
            return None, problems
        case None | Scalar(value=None):
            return None, (
                *problems,
                Problem(start, "", "the file says nothing, allowed: a mapping"),
            )
        case _:
            text = f"found {found(tree, '')}, allowed: a mapping with `app` and `hosts`"
            return None, (*problems, Problem(tree.mark, "", text))


def _bytes(file: Path, start: Mark) -> bytes | Problem:
    try:
        with file.open("rb") as stream:
            data = stream.read(LARGEST + 1)
    except FileNotFoundError:
        return Problem(start, "", "there is no such file; `inv init` writes one to start from")
    except IsADirectoryError:
        return Problem(start, "", "this is a folder, allowed: a file")
    except OSError as error:
        return Problem(start, "", f"the file cannot be read: {error.strerror}")
    return data or Problem(start, "", "the file is empty (0 bytes)")


def _error(problems: tuple[Problem, ...]) -> InventoryError:
    ordered = sorted(problems, key=lambda problem: (problem.mark, problem.path, problem.text))
    return InventoryError(tuple(str(problem) for problem in ordered))
