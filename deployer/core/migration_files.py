"""What migration files say of themselves, without running them: a first look for `inv plan`.

Only the host can tell all of it, because what an operation changes depends on the schema; what
needs that is called so and not judged. Other frameworks than Django and Alembic are not read.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from deployer.core.migration_calls import CALLS, Call, later
from deployer.core.schema_change import Change

_DJANGO = re.compile(r"(?:.*/)?(?P<app>[^/]+)/migrations/(?P<name>[^/]+)\.py")
_ALEMBIC = re.compile(r"(?:.*/)?migrations/versions/[^/]+\.py")


def read_migration(file: str, source: str) -> dict[str, object]:
    """Describe the migration in a file as the probe on a host would, as far as it can be told."""
    try:
        module = ast.parse(source)
    except (SyntaxError, ValueError):
        return {"name": migration_name(file), "changes": [later("cannot be read here")]}
    texts = _texts(module)
    found: dict[str, object] = {"name": migration_name(file), "marked": texts.get("deployer", "")}
    if _ALEMBIC.fullmatch(file):
        found["name"] = texts.get("revision", PurePosixPath(file).stem)
        found["title"] = (ast.get_docstring(module) or "").partition("\n")[0]
        calls = list(_alembic_calls(module))
    else:
        calls = list(_django_calls(module, file))
    return {**found, "changes": [change for one in calls for change in _changes(one)]}


def migration_name(file: str) -> str:
    """Call a file of migrations as Django does; another one by its path."""
    found = _DJANGO.fullmatch(file)
    return f"{found['app']}.{found['name']}" if found else file


def _changes(call: Call) -> tuple[Change, ...]:
    translate = CALLS.get(call.name)
    return translate(call) if translate else (later(f"runs {call.name}"),)


def _texts(module: ast.Module) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in module.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AnnAssign):
            targets = [node.target]
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            found.update((one.id, value.value) for one in targets if isinstance(one, ast.Name))
    return found


def _django_calls(module: ast.Module, file: str) -> Iterator[Call]:
    match = _DJANGO.fullmatch(file)
    label = match["app"] if match else ""
    listed = [
        one.value
        for node in module.body
        if isinstance(node, ast.ClassDef) and node.name == "Migration"
        for one in node.body
        if isinstance(one, ast.Assign) and _is_called(one.targets[0], "operations")
    ]
    for value in listed:
        if not isinstance(value, ast.List | ast.Tuple):
            yield Call("code that makes operations", label)
            continue
        for one in value.elts:
            yield Call.read(one, label)


def _alembic_calls(module: ast.Module) -> Iterator[Call]:
    upgrade = [
        node for node in module.body if isinstance(node, ast.FunctionDef) and node.name == "upgrade"
    ]
    for function in upgrade:
        yield from _statements(function.body, "")


def _statements(body: list[ast.stmt], table: str) -> Iterator[Call]:
    for node in body:
        match node:
            case ast.Expr(value=ast.Call() as value):
                yield Call.read(value, "", table)
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                pass
            case ast.With(items=[ast.withitem(context_expr=ast.Call() as opened)]):
                yield from _statements(node.body, Call.read(opened, "").text(0, "table_name"))
            case _:
                yield Call("Python of its own", "", table)


def _is_called(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
