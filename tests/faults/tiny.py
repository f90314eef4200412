"""A tiny app whose every revision can be told from every other, and a torn one from a whole one."""

import hashlib
from pathlib import Path

from examples.shop import history
from tests.apps import DATA, App, described, health, served, wheelhouse

NAME = "tiny"
HOST_NAME = "tiny.lab.test"
PARTS = 24
DATABASE = f"/srv/{NAME}/shared/db.sqlite3"


def tiny(target: Path) -> App:
    """The app with its first revision; `revise` adds more."""
    source = DATA / "tiny"
    wheelhouse(source / "requirements.txt", target / "wheels")
    repository = target / "repository"
    history.start(repository)
    history.overlay(source, repository)
    (repository / ".gitignore").write_text("__pycache__/\n")
    python = "venv/bin/python"
    section = described(NAME, target, "HEAD", {"DATABASE": DATABASE}) | {
        "framework": {
            "kind": "custom",
            "migrate": [python, "-m", "app.migrate"],
            "collect_static": [python, "-m", "app.assets"],
        },
        "app_server": served("app.main:application") | {"workers": 1},
        "database": {"kind": "sqlite", "path": "db.sqlite3"},
        "runtime": {"kind": "systemd", "drain": "0.1s", "keep_warm": "2s", "start_timeout": "20s"},
        "health": health("/healthz", smoke="/")
        | {"settle": "0.2s", "interval": "0.1s", "timeout": "10s", "confirm": {"deadline": "10s"}},
    }
    section["web_server"] = {"kind": "nginx", "server_names": [HOST_NAME]}
    section["env"] = {"DATABASE": DATABASE, "SECRET_KEY": {"secret": "SECRET_KEY"}}
    app = App(NAME, repository, {}, section, {"SECRET_KEY": "a tiny secret, never to be shown"})
    revise(app, "r0")
    return app


def revise(app: App, revision: str, *, broken: str = "", lock: str = "") -> str:
    """Commit a new revision and give its commit; `lock` makes it need packages anew."""
    folder = app.repository / "app"
    (folder / "parts").mkdir(exist_ok=True)
    first = f'REVISION = "{revision}"\nPARTS = {PARTS}\nBROKEN = "{broken}"\n'
    (folder / "first.py").write_text(first)
    for number in range(PARTS):
        (folder / f"parts/{number:02d}.txt").write_text(f"{revision}\n" * 200)
    (folder / "last.py").write_text(f'REVISION = "{revision}"\n')
    requirements = (DATA / "tiny/requirements.txt").read_text()
    (app.repository / "requirements.txt").write_text(f"{requirements}# {lock}\n")
    return history.commit(app.repository, f"Be {revision}")


def digests(repository: Path) -> dict[str, str]:
    """Give the sha256 of every file of the revision that was committed last."""
    files = (one for one in repository.rglob("*") if one.is_file() and ".git" not in one.parts)
    return {
        str(one.relative_to(repository)): hashlib.sha256(one.read_bytes()).hexdigest()
        for one in files
    }
