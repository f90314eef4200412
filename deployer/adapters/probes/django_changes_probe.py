# Functions for the app's environment, after django.setup(): what migrations do, not judged yet.


def _django_pending(executor, connection):
    """Give each pending migration with its changes; the database is only read."""
    import sys

    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    first = not executor.loader.applied_migrations
    state = None if first else executor._create_project_state(with_applied_migrations=True)
    if state:
        state.apps  # rendered once; each clone copies it
    pending = []
    for migration, _ in plan:
        atomic = bool(migration.atomic and connection.features.can_rollback_ddl)
        module = sys.modules.get(type(migration).__module__)
        marked = getattr(module, "deployer", "")
        found = {"name": _name((migration.app_label, migration.name)), "atomic": atomic}
        found["marked"] = marked if isinstance(marked, str) else ""
        found["changes"] = []
        if not first:
            for operation in migration.operations:
                before = state.clone()
                operation.state_forwards(migration.app_label, state)
                found["changes"] += _changes(operation, migration.app_label, before, state)
        pending.append(found)
    return {"first": first, "pending": pending}


def _django_unmade(loader):
    """Names the models that were changed without a migration, as `makemigrations --check` does."""
    from django.apps import apps
    from django.db.migrations.autodetector import MigrationAutodetector
    from django.db.migrations.questioner import NonInteractiveMigrationQuestioner
    from django.db.migrations.state import ProjectState

    detector = MigrationAutodetector(
        loader.project_state(),
        ProjectState.from_apps(apps),
        NonInteractiveMigrationQuestioner(specified_apps=set(), dry_run=True),
    )
    found = detector.changes(graph=loader.graph, trim_to_apps=None, convert_apps=None)
    return [
        f"{label}: {operation.describe()}"
        for label, migrations in sorted(found.items())
        for one in migrations
        for operation in one.operations
    ]


def _changes(operation, label, before, after):
    """Translate one operation; one that is not Django's own is told by its name only."""
    from django.db import connection, router

    kinds = [one.__name__ for one in type(operation).__mro__ if one.__module__.startswith("django.")]
    own = type(operation).__module__.startswith("django.")
    name = type(operation).__name__
    if not own:
        # A subclass may do anything in its database_forwards.
        return [{"do": "unknown", "what": f"runs {name} of {type(operation).__module__}"}]
    translate = next((_TRANSLATED[one] for one in kinds if one in _TRANSLATED), None)
    if translate is None:
        return [{"do": "unknown", "what": f"runs {name}"}]
    if name in ("RunPython", "RunSQL"):
        if not router.allow_migrate(connection.alias, label, **operation.hints):
            return []
        return translate(operation)
    return translate(operation, label, before, after)


def _model(state, label, name):
    """Give a model that has a table of its own in this database, or None."""
    from django.db import connection, router

    model = state.apps.get_model(label, name)
    return model if router.allow_migrate_model(connection.alias, model) and _has(model) else None


def _has(model):
    options = model._meta
    return options.managed and not options.proxy and not options.swapped


def _create_model(operation, label, before, after):
    model = _model(after, label, operation.name)
    return [{"do": "create_table", "table": model._meta.db_table}] if model else []


def _delete_model(operation, label, before, after):
    model = _model(before, label, operation.name)
    return [{"do": "drop_table", "table": model._meta.db_table}] if model else []


def _rename_model(operation, label, before, after):
    old = _model(before, label, operation.old_name)
    return _renamed_table(old, _model(after, label, operation.new_name))


def _alter_table(operation, label, before, after):
    return _renamed_table(
        _model(before, label, operation.name), _model(after, label, operation.name)
    )


def _together(operation, label, before, after):
    model = _model(after, label, operation.name)
    if not model:
        return []
    old, new = (
        {tuple(one) for one in state.models[label, operation.name_lower].options.get(what) or ()}
        for what in (operation.option_name,)
        for state in (before, after)
    )
    add, drop = ("add_constraint", "drop_constraint")
    if operation.option_name == "index_together":
        add, drop = ("add_index", "drop_index")
    table = model._meta.db_table
    return [
        *({"do": drop, "table": table, "name": f"of ({', '.join(one)})"} for one in sorted(old - new)),
        *(
            {"do": add, "table": table, "name": f"of ({', '.join(one)})", "what": "unique"}
            for one in sorted(new - old)
        ),
    ]


def _add_index(operation, label, before, after):
    model = _model(after, label, operation.model_name)
    if not model:
        return []
    concurrently = type(operation).__name__ == "AddIndexConcurrently"
    return [
        {
            "do": "add_index",
            "table": model._meta.db_table,
            "name": operation.index.name,
            "concurrently": concurrently,
        }
    ]


def _remove_index(operation, label, before, after):
    model = _model(before, label, operation.model_name)
    if not model:
        return []
    return [{"do": "drop_index", "table": model._meta.db_table, "name": operation.name}]


def _add_constraint(operation, label, before, after):
    model = _model(after, label, operation.model_name)
    if not model:
        return []
    what = type(operation.constraint).__name__.replace("Constraint", "").lower()
    return [
        {
            "do": "add_constraint",
            "table": model._meta.db_table,
            "name": operation.constraint.name,
            "what": what,
        }
    ]


def _remove_constraint(operation, label, before, after):
    model = _model(before, label, operation.model_name)
    if not model:
        return []
    return [{"do": "drop_constraint", "table": model._meta.db_table, "name": operation.name}]


def _order(operation, label, before, after):
    old, new = _model(before, label, operation.name), _model(after, label, operation.name)
    if not old or not new:
        return []
    had, has = ("_order" in {one.name for one in each._meta.fields} for each in (old, new))
    if has and not had:
        return _added(new, new._meta.get_field("_order"))
    return _dropped(old, old._meta.get_field("_order")) if had and not has else []


def _run_sql(operation):
    said = operation.sql
    if not said:
        return []
    listed = said if isinstance(said, (list, tuple)) else [said]
    texts = [" ".join(str(one[0] if isinstance(one, (list, tuple)) else one).split()) for one in listed]
    text = "; ".join(texts)
    return [{"do": "unknown", "what": f"runs SQL: {text if len(text) < 70 else text[:70] + '…'}"}]


def _run_python(operation):
    from django.db.migrations import RunPython

    if operation.code is RunPython.noop:
        return []
    return [{"do": "unknown", "what": f"runs Python: {getattr(operation.code, '__name__', '?')}"}]


def _separate(operation, label, before, after):
    found, state = [], before
    for one in operation.database_operations:
        old, state = state, state.clone()
        one.state_forwards(label, state)
        found += _changes(one, label, old, state)
    return found


def _nothing(operation, label, before, after):
    return []


def _extension(operation, label, before, after):
    from django.db import connection

    if connection.vendor != "postgresql":
        return []
    return [{"do": "harmless", "what": f"adds {type(operation).__name__} {operation.name}"}]


def _validate(operation, label, before, after):
    return [{"do": "harmless", "what": f"validates constraint {operation.name}"}]


_TRANSLATED = {
    "CreateModel": _create_model,
    "DeleteModel": _delete_model,
    "RenameModel": _rename_model,
    "AlterModelTable": _alter_table,
    "AddField": _add_field,
    "RemoveField": _remove_field,
    "AlterField": _alter_field,
    "RenameField": _rename_field,
    "AlterTogetherOptionOperation": _together,
    "AddIndex": _add_index,
    "RemoveIndex": _remove_index,
    "RenameIndex": _nothing,
    "AddConstraint": _add_constraint,
    "RemoveConstraint": _remove_constraint,
    "AlterConstraint": _nothing,
    "AlterOrderWithRespectTo": _order,
    "AlterModelOptions": _nothing,
    "AlterModelManagers": _nothing,
    "AlterModelTableComment": _nothing,
    "RunSQL": _run_sql,
    "RunPython": _run_python,
    "SeparateDatabaseAndState": _separate,
    "CreateExtension": _extension,
    "CreateCollation": _extension,
    "ValidateConstraint": _validate,
}
