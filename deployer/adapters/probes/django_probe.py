# Runs in the app's environment after the app was loaded; fills `report`, uses `leader`.
import django
from django.core.management import call_command

django.setup()
call_command("check")

if leader and MIGRATES:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    _executor = MigrationExecutor(connection)
    for _label, _leaves in _executor.loader.detect_conflicts().items():
        raise SystemExit(
            f"migrations of {_label!r} conflict: {', '.join(sorted(_leaves))} all come last; "
            "run `makemigrations --merge` and commit it"
        )
    _found = {**_django_state(_executor.loader, connection), **_django_pending(_executor, connection)}
    del _found["applied"]
    try:
        _found["unmade"] = _django_unmade(_executor.loader)
    except Exception as _error:  # a warning that cannot be given must not stop a deploy
        _found["unmade"] = []
    report["migrations"] = _found
    connection.close()
