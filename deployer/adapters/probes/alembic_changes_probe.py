# Functions for the app's environment: what revisions do, as neutral data. Each `upgrade()` runs
# with operations that only note themselves (Operations.invoke), on a context without a connection.


def _alembic_pending(script, connection, heads):
    """Give each pending revision with its changes; the database is only read."""
    from sqlalchemy import inspect

    wanted = list(script.iterate_revisions("heads", heads or "base"))
    known = _Columns(inspect(connection))
    atomic = _transactional(connection.dialect)
    together = atomic and not any(_commits(one.module) for one in wanted)
    pending = []
    for one in reversed(wanted):
        marked = getattr(one.module, "deployer", "")
        pending.append(
            {
                "name": one.revision,
                "title": (one.doc or "").strip(),
                "atomic": atomic and not _commits(one.module),
                "marked": marked if isinstance(marked, str) else "",
                "changes": _noted(one, connection.dialect, known) if heads else [],
            }
        )
    return {"first": not heads, "together": together, "pending": pending}


def _transactional(dialect):
    return dialect.name in ("postgresql", "mssql")


def _commits(module):
    """Tell whether a revision ends the transaction itself, so that it may stop half way."""
    import inspect

    try:
        return "autocommit_block" in inspect.getsource(module)
    except OSError:  # compiled: nobody can tell
        return True


class _Columns:
    """How columns are now; what a pending revision alters is read from the database."""

    def __init__(self, inspector):
        self._inspector = inspector
        self._tables = {}

    def find(self, table, schema, column):
        key = (schema, table)
        if key not in self._tables:
            try:
                listed = self._inspector.get_columns(table, schema=schema)
            except Exception:  # a table that only a pending revision makes
                listed = []
            self._tables[key] = {one["name"]: one for one in listed}
        return self._tables[key].get(column)


def _noted(revision, dialect, known):
    import io

    from alembic.migration import MigrationContext
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    options = {"as_sql": True, "output_buffer": io.StringIO()}
    context = MigrationContext.configure(dialect=dialect, opts=options)
    operations = _recording(context)
    operations._install_proxy()
    event.listen(Engine, "before_cursor_execute", _refuse)
    try:
        revision.module.upgrade()
    except Exception as error:  # it asks the database, or needs what is not there: nobody can tell
        what = f"runs Python that needs the database ({type(error).__name__})"
        operations.noted.append({"do": "unknown", "what": what})
    finally:
        event.remove(Engine, "before_cursor_execute", _refuse)
        operations._remove_proxy()
    changes = []
    for one in operations.noted:
        changes += [one] if isinstance(one, dict) else _translated(one, dialect, known)
    return changes


def _refuse(*_):
    raise RuntimeError("a revision is only read here")


def _recording(context):
    """Give operations that note themselves in `noted`, also those of a batch."""
    import contextlib
    import types

    from alembic.operations import BatchOperations, Operations

    operations = Operations(context)
    operations.noted = noted = []

    def invoke(operation):
        noted.append(operation)
        is_table = type(operation).__name__ == "CreateTableOp"
        return operation.to_table(context) if is_table else None

    @contextlib.contextmanager
    def batch_alter_table(table_name, schema=None, **_):
        place = types.SimpleNamespace(table_name=table_name, schema=schema)
        batch = BatchOperations(context, impl=place)
        batch.invoke = noted.append
        yield batch

    operations.invoke = invoke
    operations.batch_alter_table = batch_alter_table
    operations.get_bind = _refuse
    return operations


def _translated(one, dialect, known):
    translate = _ALEMBIC.get(type(one).__name__)
    if translate is None:
        return [{"do": "unknown", "what": f"runs {type(one).__name__}"}]
    return translate(one, dialect, known)


def _table(one, name=None):
    table = name or one.table_name
    return f"{one.schema}.{table}" if getattr(one, "schema", None) else table


def _type(kind, dialect):
    from sqlalchemy.exc import CompileError

    try:
        return kind.compile(dialect=dialect).lower()
    except CompileError:  # a type that the database does not tell
        return "?"


def _add_column_op(one, dialect, known):
    column = one.column
    given = column.server_default is not None or column.computed is not None
    given = given or getattr(column, "identity", None) is not None
    found = {"do": "add_column", "table": _table(one), "column": column.name}
    found.update(type=_type(column.type, dialect), null=bool(column.nullable), default=bool(given))
    return [{**found, "unique": bool(column.unique)}]


def _alter_column_op(one, dialect, known):
    changes = []
    table, column = _table(one), one.column_name
    there = known.find(one.table_name, one.schema, column) or {}
    kind = one.existing_type if one.existing_type is not None else there.get("type")
    nullable = one.existing_nullable
    nullable = there.get("nullable", True) if nullable is None else nullable
    default = one.existing_server_default
    default = there.get("default") is not None if default in (False, None) else True
    old = {
        "type": _type(kind, dialect) if kind is not None else "?",
        "null": bool(nullable),
        "default": bool(default),
    }
    new = dict(old)
    if one.modify_type is not None:
        new["type"] = _type(one.modify_type, dialect)
    if one.modify_nullable is not None:
        new["null"] = bool(one.modify_nullable)
    if one.modify_server_default is not False:
        new["default"] = one.modify_server_default is not None
    if old != new:
        both = {"old": old, "new": new}
        changes.append({"do": "alter_column", "table": table, "column": column, **both})
    if one.modify_name:
        name = one.modify_name
        changes.append({"do": "rename_column", "table": table, "column": column, "to": name})
    return changes


def _create_index_op(one, dialect, known):
    concurrently = bool(one.kw.get("postgresql_concurrently"))
    found = {"do": "add_index", "table": _table(one), "name": str(one.index_name)}
    return [{**found, "concurrently": concurrently, "unique": bool(one.unique)}]


def _constraint(what):
    def translate(one, dialect, known):
        table = getattr(one, "table_name", None) or one.source_table
        name = str(one.constraint_name or "")
        return [{"do": "add_constraint", "table": _table(one, table), "name": name, "what": what}]

    return translate


def _foreign_key_op(one, dialect, known):
    found = {"do": "add_constraint", "table": one.source_table, "what": "foreign key"}
    return [{**found, "name": str(one.constraint_name or "")}]


def _drop_constraint_op(one, dialect, known):
    name = str(one.constraint_name or "")
    return [{"do": "drop_constraint", "table": _table(one), "name": name}]


def _execute_op(one, dialect, known):
    text = " ".join(str(one.sqltext).split())
    return [{"do": "unknown", "what": f"runs SQL: {text if len(text) < 70 else text[:70] + '…'}"}]


_ALEMBIC = {
    "CreateTableOp": lambda one, *_: [{"do": "create_table", "table": _table(one)}],
    "DropTableOp": lambda one, *_: [{"do": "drop_table", "table": _table(one)}],
    "RenameTableOp": lambda one, *_: [
        {"do": "rename_table", "table": _table(one), "to": one.new_table_name}
    ],
    "AddColumnOp": _add_column_op,
    "DropColumnOp": lambda one, *_: [
        {"do": "drop_column", "table": _table(one), "column": one.column_name}
    ],
    "AlterColumnOp": _alter_column_op,
    "CreateIndexOp": _create_index_op,
    "DropIndexOp": lambda one, *_: [
        {"do": "drop_index", "table": str(one.table_name or ""), "name": str(one.index_name)}
    ],
    "CreateUniqueConstraintOp": _constraint("unique"),
    "CreateCheckConstraintOp": _constraint("check"),
    "CreatePrimaryKeyOp": _constraint("primary key"),
    "CreateExcludeConstraintOp": _constraint("exclude"),
    "CreateForeignKeyOp": _foreign_key_op,
    "DropConstraintOp": _drop_constraint_op,
    "CreateTableCommentOp": lambda *_: [],
    "DropTableCommentOp": lambda *_: [],
    "ExecuteSQLOp": _execute_op,
    "BulkInsertOp": lambda one, *_: [
        {"do": "rows", "table": one.table.name, "what": f"adds rows to {one.table.name}"}
    ],
}
