"""Calls in migration files, as written there, and which change of the schema each one means."""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from deployer.core.schema_change import Change


@dataclass(frozen=True, slots=True)
class Call:
    """One call: `migrations.AddField(…)` of Django, `op.add_column(…)` of Alembic."""

    name: str
    label: str = ""
    batch: str = ""
    given: tuple[ast.expr, ...] = ()
    named: Mapping[str, ast.expr] = field(default_factory=dict)

    @classmethod
    def read(cls, node: ast.expr, label: str, batch: str = "") -> "Call":
        """Read a call; anything else is one without a known name."""
        if not isinstance(node, ast.Call):
            return cls("Python of its own", label, batch)
        named = {one.arg: one.value for one in node.keywords if one.arg}
        name = ast.unparse(node.func).rpartition(".")[2]
        return cls(name, label, batch, tuple(node.args), named)

    def find(self, position: int, name: str) -> ast.expr | None:
        """Give an argument by its place or its name."""
        return self.named.get(name) or next(iter(self.given[position : position + 1]), None)

    def text(self, position: int, name: str) -> str:
        """Give an argument that is written as a text; "?" for another one."""
        found = self.find(position, name)
        value = found.value if isinstance(found, ast.Constant) else None
        return value if isinstance(value, str) else "?"

    def call(self, position: int, name: str) -> "Call":
        """Give an argument that is a call itself."""
        return Call.read(self.find(position, name) or ast.Constant(None), self.label)

    def says(self, name: str, value: object) -> bool:
        """Tell whether a named argument is written as this constant."""
        found = self.named.get(name)
        return isinstance(found, ast.Constant) and found.value == value

    def table(self, name: str = "model_name") -> str:
        """Give the table of a model of Django, if it is called as usual."""
        return f"{self.label}_{self.text(0, name).lower()}"


def later(what: str) -> Change:
    """Say that only the host can tell what this does."""
    return {"do": "harmless", "what": f"{what} (the host will tell)"}


def _nothing(_call: Call) -> tuple[Change, ...]:
    return ()


def _create_model(call: Call) -> tuple[Change, ...]:
    return ({"do": "create_table", "table": call.table("name")},)


def _delete_model(call: Call) -> tuple[Change, ...]:
    return ({"do": "drop_table", "table": call.table("name")},)


def _add_field(call: Call) -> tuple[Change, ...]:
    made = call.call(2, "field")
    table, column = call.table(), call.text(1, "name")
    if made.name == "ManyToManyField":
        return ({"do": "create_table", "table": f"{table}_{column}"},)
    found = {"do": "add_column", "table": table, "column": column}
    given = "db_default" in made.named or made.name == "GeneratedField"
    return ({**found, "null": made.says("null", value=True), "default": given},)


def _remove_field(call: Call) -> tuple[Change, ...]:
    return ({"do": "drop_column", "table": call.table(), "column": call.text(1, "name")},)


def _rename_field(call: Call) -> tuple[Change, ...]:
    old, new = call.text(1, "old_name"), call.text(2, "new_name")
    return ({"do": "rename_column", "table": call.table(), "column": old, "to": new},)


def _alter_field(call: Call) -> tuple[Change, ...]:
    return (later(f"alters {call.table()}.{call.text(1, 'name')}"),)


def _index(call: Call) -> tuple[Change, ...]:
    name = call.call(1, "index").text(99, "name")
    concurrently = call.name.endswith("Concurrently")
    found = {"do": "add_index", "table": call.table(), "name": name}
    return ({**found, "concurrently": concurrently},)


def _constraint(call: Call) -> tuple[Change, ...]:
    made = call.call(1, "constraint")
    what = made.name.replace("Constraint", "").lower()
    name = made.text(99, "name")
    return ({"do": "add_constraint", "table": call.table(), "name": name, "what": what},)


def _own(call: Call) -> tuple[Change, ...]:
    return ({"do": "unknown", "what": f"runs {_OWN[call.name]} of its own"},)


def _op_table(call: Call, do: str) -> Change:
    return {"do": do, "table": call.batch or call.text(0, "table_name")}


def _op_create_table(call: Call) -> tuple[Change, ...]:
    return (_op_table(call, "create_table"),)


def _op_drop_table(call: Call) -> tuple[Change, ...]:
    return (_op_table(call, "drop_table"),)


def _op_add_column(call: Call) -> tuple[Change, ...]:
    column = call.call(0 if call.batch else 1, "column")
    given = "server_default" in column.named
    found = {**_op_table(call, "add_column"), "column": column.text(0, "name")}
    return ({**found, "null": not column.says("nullable", value=False), "default": given},)


def _op_drop_column(call: Call) -> tuple[Change, ...]:
    column = call.text(0 if call.batch else 1, "column_name")
    return ({**_op_table(call, "drop_column"), "column": column},)


_OWN = {"RunPython": "Python", "RunSQL": "SQL", "execute": "SQL"}

CALLS: Mapping[str, Callable[[Call], tuple[Change, ...]]] = {
    "CreateModel": _create_model,
    "DeleteModel": _delete_model,
    "AddField": _add_field,
    "RemoveField": _remove_field,
    "RenameField": _rename_field,
    "AlterField": _alter_field,
    "AddIndex": _index,
    "AddIndexConcurrently": _index,
    "AddConstraint": _constraint,
    "AlterModelOptions": _nothing,
    "AlterModelManagers": _nothing,
    "RunPython": _own,
    "RunSQL": _own,
    "create_table": _op_create_table,
    "drop_table": _op_drop_table,
    "add_column": _op_add_column,
    "drop_column": _op_drop_column,
    "execute": _own,
}
"""What can be told without the schema; of all others, only the host can."""
