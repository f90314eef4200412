# Runs in the app's environment after the app was loaded as `application`; fills `report`.
if leader:
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    with application.app_context():
        _migrate = application.extensions["migrate"]
        _script = ScriptDirectory.from_config(_migrate.migrate.get_config())
        with _migrate.db.engine.connect() as _connection:
            _heads = MigrationContext.configure(_connection).get_current_heads()
        _pending = [one.revision for one in _script.iterate_revisions("heads", _heads or "base")]
    report["migrations"] = {"pending": _pending[::-1], "destructive": _pending[::-1]}
