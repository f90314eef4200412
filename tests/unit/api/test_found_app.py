import subprocess

import pytest

from deployer.api.found_app import Found, branch, database, find, lacks_gunicorn
from deployer.api.init import init
from deployer.api.place import Place
from deployer.api.request import InitRequest
from deployer.inventory.loader import load

FACTORY = "from flask import Flask\n\n\ndef create_app(config=None):\n    app = Flask(__name__)\n"
MANAGE = 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")'
SETTINGS = "DATABASES = {'default': {'NAME': BASE_DIR / 'db.sqlite3'}}"


@pytest.mark.parametrize(
    ("files", "module"),
    [
        ({"guestbook.py": "site = Flask(__name__)\n"}, "guestbook:site"),
        ({"blog/__init__.py": FACTORY}, "blog:create_app()"),
        ({"app.py": "app: Flask = Flask('x')\n", "aaa.py": FACTORY}, "app:app"),
        ({"wsgi.py": "from blog import app\n", "blog/__init__.py": FACTORY}, "blog:create_app()"),
        ({"wsgi.py": "from blog import app\n"}, "wsgi:app"),
    ],
)
def test_a_flask_app_is_found_by_what_makes_it(tmp_path, files, module):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)

    assert find(tmp_path) == Found("flask", module=module)


def test_the_database_that_startproject_makes_lies_in_shared(tmp_path):
    (tmp_path / "mysite").mkdir()
    (tmp_path / "mysite/settings.py").write_text(SETTINGS)
    (tmp_path / "manage.py").write_text(MANAGE)

    init(Place(tmp_path, {}, None, None, None), InitRequest("init", name="polls"))  # type: ignore[arg-type]  # nobody listens

    app = load(tmp_path / "inventories", "prod", {}).app
    assert (app.database.kind, app.shared.files) == ("sqlite", ("db.sqlite3",))


@pytest.mark.parametrize(("first", "found"), [("master", "master"), ("trunk", "trunk")])
def test_the_branch_that_is_there_is_deployed(tmp_path, first, found):
    git = ("git", "-C", str(tmp_path), "-c", "user.name=Ann", "-c", "user.email=a@example.org")
    subprocess.run((*git, "init", "--quiet", f"--initial-branch={first}"), check=True)
    subprocess.run((*git, "commit", "--quiet", "--allow-empty", "--message=One"), check=True)

    assert branch(tmp_path) == found


def test_a_folder_without_a_repository_is_expected_to_have_main(tmp_path):
    assert branch(tmp_path) == "main"


@pytest.mark.parametrize(("text", "lacks"), [("flask\n", True), ("Gunicorn==23\n", False)])
def test_requirements_without_the_app_server_are_seen(tmp_path, text, lacks):
    (tmp_path / "requirements.txt").write_text(text)

    assert lacks_gunicorn(tmp_path) is lacks


@pytest.mark.parametrize(
    ("requirements", "kind"),
    [
        ("psycopg[binary]==3.2\n", "postgres"),
        ("django==5\npsycopg2-binary==2.9\n", "postgres"),
        ("mysqlclient==2.2\n", "mysql"),
        ("PyMySQL>=1\n", "mysql"),
        ("django==5\nmariadb-docs==1\n", ""),
        ("", ""),
    ],
)
def test_the_database_server_is_known_by_its_driver(tmp_path, requirements, kind):
    (tmp_path / "requirements.txt").write_text(requirements)

    assert database(tmp_path) == kind
