from alembic.script import ScriptDirectory
from flask.cli import ScriptInfo

_application = ScriptInfo(app_import_path=os.environ["FLASK_APP"]).load_app()
with _application.app_context():
    _migrate = _application.extensions["migrate"]
    with _migrate.db.engine.connect() as _connection:
        _left = _sessions_left(_alembic_ask(_connection), _connection.dialect.name)
    _script = ScriptDirectory.from_config(_migrate.migrate.get_config())
    with _migrate.db.engine.connect() as _connection:
        _answer({**_alembic_state(_script, _connection), "left": _left})
