# Runs in the app's environment after the app was loaded; fills `report`, uses `leader`.
import django
from django.core.management import call_command

django.setup()
call_command("check")

_DESTRUCTIVE = {
    "RemoveField", "DeleteModel", "RenameField", "RenameModel", "AlterField",
    "RunSQL", "RunPython", "AlterModelTable", "AlterUniqueTogether", "AddConstraint",
}
_HARMLESS = {"CreateModel", "AddIndex", "RemoveIndex", "AlterModelOptions", "AlterModelManagers"}


def _is_destructive(operation):
    name = type(operation).__name__
    if name in _HARMLESS:
        return False
    if name == "AddField":
        field = operation.field
        return not (field.null or field.has_default() or getattr(field, "many_to_many", False))
    return name in _DESTRUCTIVE or name not in _HARMLESS


if leader:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    _executor = MigrationExecutor(connection)
    _plan = _executor.migration_plan(_executor.loader.graph.leaf_nodes())
    _pending = [migration for migration, backwards in _plan]
    _first = not _executor.loader.applied_migrations
    report["migrations"] = {
        "pending": [f"{one.app_label}.{one.name}" for one in _pending],
        "destructive": []
        if _first
        else [
            f"{one.app_label}.{one.name}"
            for one in _pending
            if any(_is_destructive(operation) for operation in one.operations)
        ],
    }
    connection.close()
