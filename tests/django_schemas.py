"""A tiny Django project whose migrations a test writes; the probe of a deploy runs in it.

Each label is an app of its own that begins with the same two models, so that many migrations can
be looked at by one program.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import indent

from tests.shop_values import inventory

SETTINGS = """\
SECRET_KEY = "x"
INSTALLED_APPS = {labels!r}
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}}}
"""
FIRST = """\
migrations.CreateModel(
    name="Item",
    fields=[
        ("id", models.BigAutoField(primary_key=True)),
        ("name", models.CharField(max_length=20)),
        ("colour", models.CharField(max_length=20, null=True)),
        ("count", models.IntegerField(default=0)),
        ("code", models.CharField(max_length=9, db_default="x")),
        ("slug", models.SlugField(unique=True)),
    ],
    options={"indexes": [models.Index(fields=["name"], name="LABEL_by_name")]},
),
migrations.CreateModel(name="Tag", fields=[("id", models.BigAutoField(primary_key=True))]),
migrations.AddConstraint(
    "item", models.UniqueConstraint(fields=["name", "colour"], name="LABEL_once")
),
"""
HEAD = """\
from django.db import migrations, models
import django.db.models.deletion


def change(apps, schema_editor):
    pass


class Own(migrations.AddField):
    pass


"""


class ProbeFailed(Exception):
    """A script ended badly; what it said."""


class Project:
    """Migrations of some apps, in a folder of their own."""

    def __init__(self, folder: Path, labels: Sequence[str] = ("catalog",)) -> None:
        self.folder = folder
        self._last: dict[str, str] = {}
        for label in labels:
            (folder / label / "migrations").mkdir(parents=True)
            (folder / label / "migrations/__init__.py").touch()
            (folder / label / "__init__.py").touch()
            self.add("0001_initial", FIRST.replace("LABEL", label), label)
        (folder / "settings.py").write_text(SETTINGS.format(labels=list(labels)))

    def add(self, name: str, operations: str, label: str = "catalog", more: str = "") -> None:
        """Write one more migration; `more` is further code of its module."""
        before = f'("{label}", "{self._last[label]}")' if label in self._last else ""
        self._last[label] = name
        body = f"dependencies = [{before}]\noperations = [\n{indent(operations, '    ')}\n]\n"
        text = f"{HEAD}{more}\n\nclass Migration(migrations.Migration):\n{indent(body, '    ')}"
        (self.folder / label / f"migrations/{name}.py").write_text(text)

    def migrate(self, *words: str) -> None:
        """Apply what is there, as `manage.py migrate` does."""
        called = f"call_command('migrate', *{words!r}, verbosity=0)"
        setup = "import django; django.setup(); from django.core.management import call_command"
        self.python(f"{setup}\n{called}\n")

    def probe(self) -> Mapping[str, object]:
        """Give what a deploy's probe reports of this project."""
        described = {"kind": "django", "settings": "settings"}
        probe = inventory({"framework": described}).app.framework.probe
        text = f"leader = True\nreport = {{}}\n{probe}\nimport json\nprint(json.dumps(report))\n"
        found = json.loads(self.python(text).splitlines()[-1])
        assert isinstance(found, dict)
        return found

    def asked(self) -> Mapping[str, object]:
        """Give what a release answers when it is asked for the state of the schema."""
        described = {"kind": "django", "settings": "settings"}
        script = inventory({"framework": described}).app.framework.schema_probe
        found = json.loads(self.python(script).splitlines()[-1])
        assert isinstance(found, dict)
        return found

    def python(self, text: str) -> str:
        """Run a script in the project."""
        done = subprocess.run(
            [sys.executable, "-"],
            input=text,
            cwd=self.folder,
            env={"DJANGO_SETTINGS_MODULE": "settings", "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise ProbeFailed(done.stderr)
        return done.stdout
