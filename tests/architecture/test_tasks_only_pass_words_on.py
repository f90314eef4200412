import ast
from pathlib import Path

import pytest

CLI = Path(__file__).parents[2] / "deployer" / "cli"
FILES = sorted(CLI.glob("*tasks.py"))
BRANCHES = (
    ast.If,
    ast.IfExp,
    ast.For,
    ast.While,
    ast.Try,
    ast.With,
    ast.Match,
    ast.comprehension,
    ast.Lambda,
)


def tasks_of(file: Path) -> list[ast.FunctionDef]:
    tree = ast.parse(file.read_text())
    return [node for node in tree.body if isinstance(node, ast.FunctionDef)]


def branches_in(task: ast.FunctionDef) -> list[str]:
    return [type(node).__name__ for node in ast.walk(task) if isinstance(node, BRANCHES)]


def test_there_are_tasks_to_look_at():
    assert {file.name for file in FILES} >= {"tasks.py", "reading_tasks.py", "lab_tasks.py"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_task_decides_anything(file):
    decisions = {task.name: branches_in(task) for task in tasks_of(file)}

    assert {name: found for name, found in decisions.items() if found} == {}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_task_is_a_docstring_an_import_a_request_and_a_call(file):
    longest = {task.name: len(task.body) for task in tasks_of(file)}

    assert {name: count for name, count in longest.items() if count > 4} == {}
