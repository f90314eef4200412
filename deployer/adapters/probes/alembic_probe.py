# Runs in the app's environment after the app was loaded as `application`; fills `report`.
if leader:
    from alembic.script import ScriptDirectory

    with application.app_context():
        _migrate = application.extensions["migrate"]
        _script = ScriptDirectory.from_config(_migrate.migrate.get_config())
        if len(_script.get_heads()) > 1:
            raise SystemExit(
                f"several revisions come last: {', '.join(sorted(_script.get_heads()))}; "
                "run `flask db merge heads` and commit it"
            )
        with _migrate.db.engine.connect() as _connection:
            _found = _alembic_state(_script, _connection)
            if _found["strangers"]:
                raise SystemExit(
                    f"the database is at revision {_found['strangers'][0]!r}, which this code does "
                    "not know: deploy the revision that has it, or go back by hand"
                )
            _found.update(_alembic_pending(_script, _connection, tuple(_found.pop("heads"))))
            del _found["applied"]
            report["migrations"] = _found
