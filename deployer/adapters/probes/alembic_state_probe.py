# Functions for the app's environment: which revisions the database has.


def _alembic_state(script, connection):
    """Revisions that are applied (None if this code does not know them), and strangers."""
    from alembic.migration import MigrationContext
    from alembic.util import CommandError

    heads = MigrationContext.configure(connection).get_current_heads()
    strangers = []
    for head in heads:
        try:
            script.get_revision(head)
        except CommandError:
            strangers.append(head)
    applied = None
    if not strangers:
        applied = [one.revision for one in script.iterate_revisions(heads, "base")] if heads else []
    dialect = connection.dialect
    server = getattr(dialect, "server_version_info", None) or (0,)
    return {
        "vendor": dialect.name,
        "version": server[0] * 10000 if dialect.name == "postgresql" else 0,
        "applied": applied,
        "strangers": strangers,
        "heads": list(heads),
    }


def _alembic_ask(connection):
    def ask(text, values=()):
        done = connection.exec_driver_sql(text, tuple(values))
        return [tuple(row) for row in done] if done.returns_rows else []

    return ask
