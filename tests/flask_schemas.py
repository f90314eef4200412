"""A tiny Flask project with Flask-Migrate whose revisions a test writes."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent, indent

from tests.shop_values import inventory

APP = """\
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()


def create_app():
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///" + app.root_path + "/db.sqlite3"
    db.init_app(app)
    Migrate(app, db)
    return app
"""
REVISION = '''\
"""{title}"""

import sqlalchemy as sa
from alembic import op

revision = {name!r}
down_revision = {before!r}
branch_labels = depends_on = None
{more}


def upgrade():
{body}
'''
FIRST = """\
op.create_table(
    "item",
    sa.Column("id", sa.Integer(), primary_key=True),
    sa.Column("name", sa.String(20), nullable=False),
    sa.Column("colour", sa.String(20)),
)
op.create_index("by_name", "item", ["name"])
"""


class Project:
    """Revisions of an app called `blog`, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._last: str | None = None
        (folder / "blog.py").write_text(APP)
        self.flask("db", "init")
        self.add("aaaa", FIRST, "first")

    def add(self, name: str, body: str, title: str = "", more: str = "") -> None:
        """Write one more revision."""
        text = REVISION.format(
            name=name,
            before=self._last,
            title=title,
            body=indent(dedent(body), "    "),
            more=more,
        )
        self._last = name
        (self.folder / f"migrations/versions/{name}.py").write_text(text)

    def flask(self, *words: str) -> None:
        """Run `flask …` in the project."""
        self._run("-m", "flask", *words)

    def python(self, line: str) -> str:
        """Run a line of Python in the project, and commit."""
        text = f"with create_app().app_context():\n    {line}\n    db.session.commit()\n"
        return self._run("-c", f"from blog import create_app, db\n{text}")

    def probe(self) -> Mapping[str, object]:
        """Give what a deploy's probe reports of this project."""
        described = {"kind": "flask", "app": "blog:create_app()", "migrate": True}
        probe = inventory({"framework": described}).app.framework.probe
        loaded = (
            "from blog import create_app\napplication = create_app()\nleader = True\nreport = {}"
        )
        text = f"{loaded}\n{probe}\nimport json\nprint(json.dumps(report))\n"
        found = json.loads(self._run("-c", text).splitlines()[-1])
        assert isinstance(found, dict)
        return found

    def asked(self) -> Mapping[str, object]:
        """Give what a release answers when it is asked for the state of the schema."""
        described = {"kind": "flask", "app": "blog:create_app()", "migrate": True}
        script = inventory({"framework": described}).app.framework.schema_probe
        found = json.loads(self._run("-c", script).splitlines()[-1])
        assert isinstance(found, dict)
        return found

    def _run(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, *words],
            cwd=self.folder,
            env={**os.environ, "FLASK_APP": "blog:create_app()", "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout
