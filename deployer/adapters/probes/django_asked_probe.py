import django

django.setup()
from django.db import connection
from django.db.migrations.loader import MigrationLoader

_left = _sessions_left(_django_ask(connection), connection.vendor)
_answer({**_django_state(MigrationLoader(connection), connection), "left": _left})
connection.close()
