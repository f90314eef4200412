"""Real apps as git repositories: the shop, and some that other projects' own tools made.

    app = shop(tmp_path)          # or startproject, wagtail, flaskr, blog
    inventory = {"app": app.section, "hosts": ...}; environment |= app.secrets

What their users would change for a host is in `tests/data/apps/<name>` (laid over the app as
`examples/shop/history.py` says), and nothing else was changed.
"""

import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from examples import wheelhouse as wheels
from examples.shop import history
from tests.flask_schemas import Project

DATA = Path(__file__).resolve().parent / "data" / "apps"
SHOP = Path(history.__file__).resolve().parent
REVISIONS = SHOP / "revisions"
Section = dict[str, object]


@dataclass(frozen=True, slots=True)
class App:
    """An app that can be deployed: where its commits are, and its `app:` of an inventory."""

    name: str
    repository: Path
    commits: Mapping[str, str]
    section: Section
    secrets: Mapping[str, str]


def shop(target: Path, *, url: str = "") -> App:
    """The shop with its history; its wheelhouse also serves the revision `changed/lock`.

    `url` is a DATABASE_URL; left out, it is a SQLite file among the shared ones.
    """
    commits = history.build(target / "repository")
    wheelhouse(REVISIONS / "changed/lock/requirements.txt", target / "wheels")
    env: Section = {
        "DJANGO_SETTINGS_MODULE": "shop.settings",
        "DATABASE_URL": url or "sqlite:////srv/shop/shared/db.sqlite3",
        "MEDIA_ROOT": "/srv/shop/shared/media",
        "GREETING": '100% "sûr" $HOME',
    }
    section = described("shop", target, "v1", env) | {
        "framework": {"kind": "django", "settings": "shop.settings"},
        "app_server": served("shop.wsgi:application"),
        "shared": {"directories": ["media"]},
        "health": health("/healthz", smoke="/"),
    }
    if not url:
        section["database"] = {"kind": "sqlite", "path": "db.sqlite3"}
    return App("shop", target / "repository", commits, section, secrets("shop"))


def shop_on_mariadb(target: Path, *, url: str) -> App:
    """The shop's v1 with a driver for MariaDB, on the branch `mariadb`; `url` is a secret."""
    app = shop(target, url=url)
    changes = DATA / "shop_on_mariadb"
    wheelhouse(changes / "requirements.txt.append", target / "wheels")
    history.git(app.repository, "checkout", "--quiet", "-B", "mariadb", "v1")
    history.overlay(changes, app.repository)
    ready = history.commit(app.repository, "Keep it all in MariaDB")
    app.section["database"] = {"kind": "mysql", "url": {"secret": "DATABASE_URL"}}
    environment = app.section["env"]
    assert isinstance(environment, dict)
    environment["DATABASE_URL"] = {"secret": "DATABASE_URL"}
    commits = {**app.commits, "mariadb": ready}
    return App("shop", app.repository, commits, app.section, {**app.secrets, "DATABASE_URL": url})


def startproject(target: Path) -> App:
    """What `django-admin startproject mysite` makes, plus settings for a host."""
    wheelhouse(DATA / "mysite/requirements.txt", target / "wheels")
    start = "from django.core.management import execute_from_command_line as main; main()"
    make(target, start, "startproject", ("django", "asgiref", "sqlparse"))
    env: Section = {
        "DJANGO_SETTINGS_MODULE": "mysite.production",
        "DATABASE": "/srv/mysite/shared/db.sqlite3",
    }
    section = described("mysite", target, "main", env) | {
        "framework": {"kind": "django", "settings": "mysite.production"},
        "app_server": served("mysite.wsgi:application"),
        "database": {"kind": "sqlite", "path": "db.sqlite3"},
        "health": health("/admin/login/", smoke="/admin/login/"),
    }
    return finish("mysite", target, section)


def wagtail(target: Path) -> App:
    """What `wagtail start mysite` makes, plus the local.py that its production.py looks for.

    Its requirements.txt asks for a Django that wants a newer Python than Debian 12 has: ours is
    pinned to the newest Django that both Wagtail and Python 3.11 take.
    """
    wheelhouse(DATA / "wagtail/requirements.txt", target / "wheels")
    start = "from wagtail.bin.wagtail import main; main()"
    make(target, start, "start", ("django", "asgiref", "sqlparse", "wagtail"))
    env: Section = {
        "DJANGO_SETTINGS_MODULE": "mysite.settings.production",
        "DATABASE": "/srv/wagtail/shared/db.sqlite3",
        "MEDIA_ROOT": "/srv/wagtail/shared/media",
    }
    section = described("wagtail", target, "main", env) | {
        "framework": {"kind": "django", "settings": "mysite.settings.production"},
        "app_server": served("mysite.wsgi:application"),
        "database": {"kind": "sqlite", "path": "db.sqlite3"},
        "shared": {"directories": ["media"]},
        "health": health("/", smoke="/admin/login/"),
    }
    return finish("wagtail", target, section)


def flaskr(target: Path) -> App:
    """The app of Flask's tutorial, from the source package of Flask itself.

    `flask --app flaskr init-db` makes its tables, and empties them: it is run once, by hand.
    Until then `/` answers 500, and `/hello` and `/auth/login` answer 200.
    """
    requirements = DATA / "flaskr/requirements.txt"
    wheelhouse(requirements, target / "wheels")
    with tarfile.open(source_of("flask", requirements)) as packed, scratch() as unpacked:
        packed.extractall(unpacked, filter="data")
        (tutorial,) = unpacked.glob("flask-*/examples/tutorial")
        shutil.copytree(tutorial, target / "repository")
    env: Section = {"DATABASE": "/srv/flaskr/shared/flaskr.sqlite"}
    section = described("flaskr", target, "main", env) | {
        "framework": {"kind": "flask", "app": "flaskr:create_app()"},
        "app_server": served("flaskr:create_app()"),
        "database": {"kind": "sqlite", "path": "flaskr.sqlite"},
        "health": health("/hello", smoke="/auth/login"),
    }
    return finish("flaskr", target, section)


def blog(target: Path) -> App:
    """What `flask db init` makes, with one revision; more are written by `tests.flask_schemas`."""
    wheelhouse(DATA / "blog/requirements.txt", target / "wheels")
    (target / "repository").mkdir(parents=True)
    Project(target / "repository")
    env: Section = {"DATABASE_URL": "sqlite:////srv/blog/shared/db.sqlite3"}
    section = described("blog", target, "main", env) | {
        "framework": {"kind": "flask", "app": "blog:create_app()", "migrate": True},
        "app_server": served("blog:create_app()"),
        "database": {"kind": "sqlite", "path": "db.sqlite3"},
        "health": health("/health", smoke="/items"),
    }
    return finish("blog", target, section)


def commit(app: App, subject: str, files: Mapping[str, str]) -> str:
    """Writes files (path -> text) on top of what is checked out, commits them, gives the commit."""
    for path, text in files.items():
        place = app.repository / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return history.commit(app.repository, subject)


def wheelhouse(requirements: Path, to: Path) -> Path:
    """The wheels that a pinned file names, for Debian 12; fetched once, then taken from a cache."""
    return wheels.fetch(requirements, to)


def described(name: str, target: Path, revision: str, env: Section) -> Section:
    """The part of the section that all apps have in common."""
    host = f"{name}.example.org"
    return {
        "name": name,
        "source": {
            "kind": "git",
            "url": str(target / "repository"),
            "revision": revision,
            "transport": "push",
        },
        "installer": {
            "kind": "pip",
            "requirements": "requirements.txt",
            "require_hashes": True,
            "wheelhouse": str(target / "wheels"),
        },
        "web_server": {"kind": "nginx", "server_names": [host]},
        "env": {"SECRET_KEY": {"secret": "SECRET_KEY"}, "ALLOWED_HOSTS": host} | env,
    }


def served(module: str) -> Section:
    """Two workers of gunicorn."""
    return {"kind": "gunicorn", "module": module, "workers": 2}


def health(path: str, smoke: str) -> Section:
    """Checks that are quick enough for tests."""
    return {"path": path, "interval": "1s", "timeout": "20s", "settle": "1s", "smoke": [smoke]}


def secrets(name: str) -> Mapping[str, str]:
    """What the inventory takes from the environment; with text that is hard to pass on."""
    return {"SECRET_KEY": f"{name} 50%off $HOME \"'\\ never to be shown"}


def finish(name: str, target: Path, section: Section) -> App:
    """Lays our changes over what a tool made, and commits both, one after the other."""
    repository = target / "repository"
    history.start(repository)
    made = history.commit(repository, "Start, as the tool made it")
    history.overlay(DATA / name, repository)
    ready = history.commit(repository, "Make it ready for a host")
    return App(name, repository, {"made": made, "main": ready}, section, secrets(name))


def make(target: Path, code: str, command: str, needs: tuple[str, ...]) -> None:
    """Runs a project's own starting tool, straight from its wheels, for a project `mysite`."""
    repository = target / "repository"
    repository.mkdir(parents=True)
    with scratch() as importable:
        for need in needs:
            (wheel,) = (target / "wheels").glob(f"{need}-*.whl")
            zipfile.ZipFile(wheel).extractall(importable)
        words = [sys.executable, "-c", code, command, "mysite", str(repository)]
        env = {"PYTHONPATH": str(importable), "PYTHONDONTWRITEBYTECODE": "1", "PATH": "/usr/bin"}
        subprocess.run(words, env=env, check=True, capture_output=True, timeout=120)


def source_of(package: str, requirements: Path) -> Path:
    """The source package of one requirement, checked against its hashes and kept in the cache."""
    kept = wheels.cache() / "sources"
    kept.mkdir(parents=True, exist_ok=True)
    lines = wheels.pinned(requirements.read_text(), wheels.PYTHON)
    (line,) = (line for line in lines if line.startswith(f"{package}=="))
    version = line.partition(" ")[0].partition("==")[2]
    packed = kept / f"{package}-{version}.tar.gz"
    if not packed.exists():
        with scratch() as folder:
            (folder / "one.txt").write_text(line)
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
            what = [f"--no-binary={package}", "--require-hashes", f"--requirement={folder}/one.txt"]
            subprocess.run([*pip, *what, f"--dest={kept}"], check=True, timeout=300)
    return packed


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)
