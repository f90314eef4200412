# Functions for the app's environment: what operations on a field do to its column.


def _add_field(operation, label, before, after):
    model = _model(after, label, operation.model_name)
    if not model:
        return []
    field = model._meta.get_field(operation.name)
    if field.many_to_many:
        through = field.remote_field.through
        made = through._meta.auto_created
        return [{"do": "create_table", "table": through._meta.db_table}] if made else []
    return _added(model, field)


def _added(model, field):
    column = _column(field)
    if not column:
        return []
    return [{"do": "add_column", "table": model._meta.db_table, "column": field.column, **column}]


def _remove_field(operation, label, before, after):
    model = _model(before, label, operation.model_name)
    if not model:
        return []
    field = model._meta.get_field(operation.name)
    if field.many_to_many:
        through = field.remote_field.through
        made = through._meta.auto_created
        return [{"do": "drop_table", "table": through._meta.db_table}] if made else []
    return _dropped(model, field)


def _dropped(model, field):
    if field.column is None:
        return []
    return [{"do": "drop_column", "table": model._meta.db_table, "column": field.column}]


def _alter_field(operation, label, before, after):
    return _altered(operation, label, before, after, operation.name, operation.name)


def _rename_field(operation, label, before, after):
    return _altered(operation, label, before, after, operation.old_name, operation.new_name)


def _altered(operation, label, before, after, old_name, new_name):
    old_model = _model(before, label, operation.model_name)
    model = _model(after, label, operation.model_name)
    if not old_model or not model:
        return []
    old, new = old_model._meta.get_field(old_name), model._meta.get_field(new_name)
    if old.many_to_many and new.many_to_many:
        return _renamed_table(old.remote_field.through, new.remote_field.through)
    table = model._meta.db_table
    before_it, after_it = _column(old), _column(new)
    if not before_it or not after_it:
        return [*(_dropped(old_model, old)), *(_added(model, new))]
    found = []
    if old.column != new.column:
        found.append(
            {"do": "rename_column", "table": table, "column": old.column, "to": new.column}
        )
    if before_it != after_it:
        both = {"old": before_it, "new": after_it}
        found.append({"do": "alter_column", "table": table, "column": new.column, **both})
    index = {"table": table, "name": f"of {new.column}"}
    if _indexed(new) and not _indexed(old):
        found.append({"do": "add_index", **index})
    if _indexed(old) and not _indexed(new):
        found.append({"do": "drop_index", **index})
    return found


def _indexed(field):
    return bool(field.db_index and not field.unique)


def _column(field):
    """Give how the database has a column; None for a field without one."""
    from django.db import connection
    from django.db.models import NOT_PROVIDED

    parameters = field.db_parameters(connection=connection)
    if field.column is None or parameters["type"] is None:
        return None
    given = getattr(field, "db_default", NOT_PROVIDED) is not NOT_PROVIDED
    made = getattr(field, "generated", False) or parameters["type"].endswith("AUTO_INCREMENT")
    remote = field.remote_field if getattr(field, "db_constraint", False) else None
    target = field.target_field if remote else None
    return {
        "type": parameters["type"],
        "null": bool(field.null),
        "default": bool(given or made),
        "unique": bool(field.unique),
        "check": str(parameters.get("check") or ""),
        "collation": str(parameters.get("collation") or ""),
        "references": f"{target.model._meta.db_table}.{target.column}" if target else "",
    }


def _renamed_table(old, new):
    if not old or not new or old._meta.db_table == new._meta.db_table:
        return []
    return [{"do": "rename_table", "table": old._meta.db_table, "to": new._meta.db_table}]
