"""What the folder of a project says about its app, for the first inventory."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from deployer.errors import DeployerError
from deployer.transport.repository import LocalRepository

_SETTINGS = re.compile(r"""["']DJANGO_SETTINGS_MODULE["']\s*,\s*["']([\w.]+)["']""")
_SQLITE = re.compile(r"""["']NAME["']\s*:\s*BASE_DIR\s*/\s*["']([\w.-]+)["']""")
_FLASK_APP = re.compile(r"^(\w+)\s*(?::[^=\n]+)?=\s*Flask\(", re.MULTILINE)
_FLASK_FACTORY = re.compile(
    r"^def (create_app|make_app)\(.*?^    \w+ = Flask\(", re.MULTILINE | re.DOTALL
)
_DRIVER = re.compile(
    r"^(psycopg(?:2|2-binary)?|mysqlclient|pymysql|mysql-connector-python|mariadb)\b(?![-.\w])",
    re.MULTILINE | re.IGNORECASE,
)
_USUAL = ("wsgi.py", "app.py")
_LONGEST = 200_000


@dataclass(frozen=True, slots=True)
class Found:
    """What was found; `sqlite` is a database file that lies beside the code."""

    framework: str
    settings: str = ""
    module: str = ""
    sqlite: str = ""

    @property
    def told(self) -> str:
        """Say it in words."""
        match self.framework:
            case "django":
                return f"a Django project with the settings `{self.settings or 'unknown'}`"
            case "flask":
                return f"a Flask app, `{self.module}`"
            case _:
                return "no Django project and no Flask app: complete `framework` and `app_server`"


def find(folder: Path) -> Found:
    """Look for manage.py, a Flask app or a wsgi module."""
    manage = folder / "manage.py"
    if manage.is_file():
        return _django(folder, _text(manage))
    for file in _modules(folder):
        name = file.parent.name if file.name == "__init__.py" else file.stem
        text = _text(file)
        if found := _FLASK_APP.search(text):
            return Found("flask", module=f"{name}:{found[1]}")
        if found := _FLASK_FACTORY.search(text):
            return Found("flask", module=f"{name}:{found[1]}()")
    for usual in _USUAL:
        if (folder / usual).is_file():
            return Found("flask", module=f"{usual.removesuffix('.py')}:app")
    return Found("custom")


def branch(folder: Path) -> str:
    """Give the branch that is deployed usually: main or master, else what is checked out."""
    try:
        repository = LocalRepository(folder)
    except DeployerError:
        return "main"
    for name in ("main", "master"):
        try:
            repository.resolve(name)
        except DeployerError:
            continue
        return name
    return repository.checked_out()[0] or "main"


def lacks_gunicorn(folder: Path) -> bool:
    """Tell whether the requirements are there and do not name the app server."""
    file = folder / "requirements.txt"
    return file.is_file() and "gunicorn" not in _text(file).lower()


def database(folder: Path) -> str:
    """Name the kind of database server whose driver the requirements name; "" for none."""
    text = _text(folder / "requirements.txt") if (folder / "requirements.txt").is_file() else ""
    found = _DRIVER.search(text)
    return "" if not found else "postgres" if found[1].lower().startswith("psycopg") else "mysql"


def _django(folder: Path, manage: str) -> Found:
    found = _SETTINGS.search(manage)
    if not found:
        return Found("django")
    settings = found[1]
    file = folder / f"{settings.replace('.', '/')}.py"
    sqlite = _SQLITE.search(_text(file)) if file.is_file() else None
    module = f"{settings.split('.')[0]}.wsgi:application"
    return Found("django", settings, module, sqlite[1] if sqlite else "")


def _modules(folder: Path) -> Iterator[Path]:
    yield from (folder / usual for usual in _USUAL if (folder / usual).is_file())
    yield from sorted(file for file in folder.glob("*.py") if file.name not in _USUAL)
    yield from sorted(folder.glob("*/__init__.py"))


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8", "replace")[:_LONGEST]
    except OSError:
        return ""
