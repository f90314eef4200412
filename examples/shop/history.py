"""Builds the shop's git repository: v1 to v4, and revisions that break in one known way each.

    python examples/shop/history.py TARGET

v1 is the tree beside this file. Every other revision is its parent plus `revisions/<name>/`: a
file there takes the place of the parent's, `<file>.append` is added to its end, `<file>.delete`
removes it. The same sources give the same commits, on every machine.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

HERE = Path(__file__).resolve().parent
TREE = (".gitignore", "README.md", "manage.py", "requirements.in", "requirements.txt")
PACKAGES = ("shop", "catalog")
FIRST = datetime(2026, 1, 5, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Revision:
    """One commit: its name, what it stands on, and what it says."""

    name: str
    parent: str
    subject: str


REVISIONS = (
    Revision("v1", "", "Sell things"),
    Revision("v2", "v1", "Let visitors rate products"),  # a migration that adds a column
    Revision("v3", "v2", "Remember where visitors are"),  # starts, then every page answers 500
    Revision("v4", "v3", "Do without the country header"),  # mends v3; code only
    Revision("changed/lock", "v1", "Depend on python-slugify"),  # works; needs a new venv
    Revision("broken/install", "v1", "Depend on a version that nobody has"),
    Revision("broken/settings", "v1", "Read a variable that no host has"),
    Revision("broken/static", "v1", "Show paper behind the pages"),  # collectstatic fails
    Revision("broken/migration", "v1", "Add notes to orders"),  # 0003 works, 0004 fails
    Revision("broken/import", "v1", "Send telemetry"),  # manage.py works, gunicorn does not
    Revision("broken/hang", "v1", "Wait for a broker"),  # never ends its import
    Revision("broken/slow", "v1", "Warm a cache"),  # serves after 8 seconds; not broken
    Revision("broken/health", "v1", "Shorten the health answer"),  # 500, but only on /healthz
    Revision("broken/redirect", "v1", "Insist on TLS"),  # 301 on everything
    Revision("broken/later", "v1", "Call into C"),  # each worker dies after 2 seconds
    Revision("broken/crashloop", "v1", "Take gunicorn along"),  # gunicorn dies after 2 seconds
)


def build(target: Path) -> dict[str, str]:
    """Makes the repository at `target` and says which commit each revision is.

    `v1` to `v4` and `changed/lock` are tags, `broken/...` are branches, `main` is at v4.
    """
    start(target)
    commits: dict[str, str] = {}
    for number, revision in enumerate(REVISIONS):
        if revision.parent:
            git(target, "checkout", "--quiet", "--detach", commits[revision.parent])
            overlay(HERE / "revisions" / revision.name, target)
        else:
            first_tree(target)
        when = FIRST + timedelta(days=number)
        commits[revision.name] = commit(target, revision.subject, when)
        kind = "branch" if revision.name.startswith("broken/") else "tag"
        git(target, kind, revision.name, commits[revision.name])
    git(target, "checkout", "--quiet", "-B", "main", commits["v4"])
    return commits


def start(target: Path) -> None:
    """Makes an empty repository whose branch is `main`."""
    target.mkdir(parents=True, exist_ok=True)
    git(target, "init", "--quiet", "--initial-branch=main", "--object-format=sha1")


def first_tree(target: Path) -> None:
    """Copies v1 to `target`: what git would hold, without what running it leaves behind."""
    for name in TREE:
        place(HERE / name, target / name)
    for package in PACKAGES:
        for source in sorted((HERE / package).rglob("*")):
            if source.is_file() and "__pycache__" not in source.parts:
                place(source, target / source.relative_to(HERE))


def overlay(changes: Path, target: Path) -> None:
    """Changes the tree at `target` as the files in `changes` say."""
    for source in sorted(changes.rglob("*")):
        if source.is_dir() or "__pycache__" in source.parts:
            continue
        path = target / source.relative_to(changes)
        match source.suffix:
            case ".delete":
                path.with_suffix("").unlink()
            case ".append":
                path = path.with_suffix("")
                before = path.read_bytes() if path.exists() else b""
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(before + source.read_bytes())
            case _:
                place(source, path)


def place(source: Path, path: Path) -> None:
    """Copies one file; what begins with `#!` may be run, whatever the mode of the original is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, path)
    path.chmod(0o755 if path.read_bytes().startswith(b"#!") else 0o644)


def commit(target: Path, subject: str, when: datetime = FIRST) -> str:
    """Commits everything at `target`, also what a .gitignore would leave out; gives the commit."""
    git(target, "add", "--all", "--force", when=when)
    git(target, "commit", "--quiet", "--message", subject, when=when)
    return git(target, "rev-parse", "HEAD")


def git(target: Path, *words: str, when: datetime = FIRST) -> str:
    """Runs git in `target`, deaf to the settings of whoever runs it; gives its answer."""
    stamp = f"{int(when.timestamp())} +0000"
    quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    people = {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (
            ("NAME", "Shop"),
            ("EMAIL", "shop@example.org"),
            ("DATE", stamp),
        )
    }
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    done = subprocess.run(
        ["git", "-c", "core.autocrlf=false", "-C", str(target), *words],
        env=inherited | quiet | people,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout.strip()


if __name__ == "__main__":
    for name, made in build(Path(sys.argv[1])).items():
        print(f"{made}  {name}")
