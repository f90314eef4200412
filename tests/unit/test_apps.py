import re
from pathlib import Path

import pytest

from examples import wheelhouse
from examples.shop import history
from tests import apps

NAMES = [revision.name for revision in history.REVISIONS]
FILES = sorted(
    [
        apps.SHOP / "requirements.txt",
        *apps.REVISIONS.rglob("requirements.txt"),
        *apps.DATA.rglob("requirements.txt"),
    ]
)


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    return tmp_path_factory.mktemp("shop")


@pytest.fixture(scope="module")
def commits(repository):
    return history.build(repository)


@pytest.fixture
def no_network(monkeypatch, tmp_path):
    asked = []

    def download(wanted, kept, _python):
        asked.append(wanted)
        kept.mkdir(parents=True)
        (kept / "asgiref-3.13.0-py3-none-any.whl").write_bytes(b"wheel")

    monkeypatch.setattr(wheelhouse, "download", download)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return asked


def changed(repository, commits, before, after):
    words = ("diff", "--no-renames", "--name-status", commits[before], commits[after])
    lines = history.git(repository, *words).splitlines()
    return {path: letter for letter, path in (line.split("\t") for line in lines)}


def test_the_same_sources_give_the_same_commits_whoever_runs_it(commits, tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Somebody Else")
    monkeypatch.setenv("GIT_DIR", "/nonexistent")
    monkeypatch.setenv("HOME", "/nonexistent")

    again = history.build(tmp_path / "again")

    assert again == commits


def test_every_revision_has_its_name_in_git(repository, commits):
    found = {name: history.git(repository, "rev-parse", name) for name in NAMES}

    assert found == commits
    assert history.git(repository, "rev-parse", "main") == commits["v4"]
    assert history.git(repository, "status", "--porcelain") == ""


def test_every_folder_of_revisions_is_a_revision():
    folders = {found.parent.parent for found in apps.REVISIONS.rglob("shop/__init__.py")}

    assert {str(folder.relative_to(apps.REVISIONS)) for folder in folders} == {*NAMES} - {"v1"}


@pytest.mark.parametrize("name", NAMES)
def test_a_revision_says_its_name_and_its_python_compiles(repository, commits, name):
    paths = history.git(repository, "ls-tree", "-r", "--name-only", commits[name]).splitlines()
    python = [path for path in paths if path.endswith(".py")]

    texts = {path: history.git(repository, "show", f"{commits[name]}:{path}") for path in python}

    for path, text in texts.items():
        compile(text, path, "exec")
    assert f'REVISION = "{name}"' in texts["shop/__init__.py"]
    assert not [
        path for path in paths if path.endswith((".append", ".delete", ".pyc", "history.py"))
    ]


def test_v2_adds_a_migration_and_takes_a_file_away(repository, commits):
    found = changed(repository, commits, "v1", "v2")

    assert found["catalog/migrations/0003_product_rating.py"] == "A"
    assert found["catalog/static/catalog/cart.js"] == "D"
    assert found["catalog/static/catalog/shop.css"] == "M"


@pytest.mark.parametrize(("before", "after"), [("v2", "v3"), ("v3", "v4")])
def test_later_revisions_change_code_only(repository, commits, before, after):
    found = changed(repository, commits, before, after)

    assert not [path for path in found if "migrations" in path or "requirements" in path]


def test_only_two_revisions_need_another_venv(repository, commits):
    locks = {
        name: history.git(repository, "rev-parse", f"{commits[name]}:requirements.txt")
        for name in NAMES
    }

    others = {name for name, lock in locks.items() if lock != locks["v1"]}

    assert others == {"broken/install", "changed/lock"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.parent.name))
def test_requirement_files_pin_everything_and_name_no_index(file):
    text = file.read_text()
    lines = wheelhouse.pinned(text, wheelhouse.PYTHON)

    assert "://" not in text
    assert lines
    for line in lines:
        assert re.fullmatch(r"[a-z0-9-]+(\[binary])?==[0-9.]+( --hash=sha256:[0-9a-f]{64})+", line)


def test_markers_are_read_for_the_hosts_python_not_for_ours():
    text = (
        "# a comment\n"
        "backport==1.0 ; python_full_version < '3.11.3' \\\n"
        "    --hash=sha256:aa \\\n"
        "    --hash=sha256:bb\n"
        "    # via something\n"
        "colours==2.0 ; sys_platform == 'win32' \\\n"
        "    --hash=sha256:cc\n"
    )

    assert wheelhouse.pinned(text, "3.11.2") == ("backport==1.0 --hash=sha256:aa --hash=sha256:bb",)
    assert wheelhouse.pinned(text, "3.11.3") == ()


def test_wheels_are_fetched_once(no_network, tmp_path):
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("asgiref==3.13.0 --hash=sha256:aa\n")

    first = wheelhouse.fetch(requirements, tmp_path / "first")
    second = wheelhouse.fetch(requirements, tmp_path / "second")

    assert no_network == ["asgiref==3.13.0 --hash=sha256:aa\n"]
    assert [file.name for file in first.iterdir()] == [file.name for file in second.iterdir()]


def test_an_overlay_replaces_adds_to_the_end_and_removes(tmp_path):
    tree, changes = tmp_path / "tree", tmp_path / "changes"
    for path, text in {"a": "old", "b/c": "begin ", "d": "gone"}.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(text)
    for path, text in {"a": "new", "b/c.append": "end", "d.delete": "", "e.append": "made"}.items():
        (changes / path).parent.mkdir(parents=True, exist_ok=True)
        (changes / path).write_text(text)

    history.overlay(changes, tree)

    left = {str(f.relative_to(tree)): f.read_text() for f in tree.rglob("*") if f.is_file()}
    assert left == {"a": "new", "b/c": "begin end", "e": "made"}


@pytest.mark.usefixtures("no_network")
def test_the_shops_section_points_at_its_repository_and_holds_no_secret(tmp_path):
    app = apps.shop(tmp_path)

    assert app.section["source"] == {
        "kind": "git",
        "url": str(tmp_path / "repository"),
        "revision": "v1",
        "transport": "push",
    }
    assert "never to be shown" in app.secrets["SECRET_KEY"]
    assert "never to be shown" not in repr(app.section)
    assert app.section["database"] == {"kind": "sqlite", "path": "db.sqlite3"}


@pytest.mark.usefixtures("no_network")
def test_a_commit_goes_on_top_of_what_is_checked_out(tmp_path):
    app = apps.shop(tmp_path)

    made = apps.commit(app, "Say hello", {"hello/world.txt": "hello"})

    assert history.git(app.repository, "rev-parse", f"{made}^") == app.commits["v4"]
    assert history.git(app.repository, "show", f"{made}:hello/world.txt") == "hello"
    assert Path(app.repository, "hello/world.txt").exists()
