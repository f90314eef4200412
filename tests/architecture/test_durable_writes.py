"""Only `deployer/agent/disk/files.py` changes names and contents that must survive a power cut."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

AGENT = Path(__file__).parents[2] / "deployer/agent"
HELPER = "disk/files.py"
MAKES = {
    "": {"write_text", "write_bytes", "rename", "symlink_to", "hardlink_to", "mkdir", "touch"},
    "os": {"rename", "replace", "symlink", "link", "mkdir", "makedirs", "mknod"},
    "shutil": {"copy", "copy2", "copyfile", "copytree", "move"},
}
ALLOWED = {
    "runs/journal.py": "appends; each line is flushed, and the name by fsync of its folder",
    "runs/saved.py": "appends to the index of a run, flushed before the path is changed",
    "runs/deploy_log.py": "a log for people, which may lose its last line",
    "runs/lock.py": "an empty file that only carries flock(2)",
    "disk/ballast.py": "room without content",
    "system/closing.py": "empty files that are there for a second, and one that carries flock(2)",
    "actions/unit_tests.py": "a temporary folder",
    "actions/web_server.py": "a temporary copy of nginx's configuration",
    "backups/archive.py": "in the `.partial` of a backup; renamed by the helper when proven",
    "backups/backup_files.py": "as above",
    "backups/dump_postgres.py": "as above",
    "backups/dump_sqlite.py": "as above",
    "backups/piped.py": "as above",
    "backups/shared_files.py": "as above",
    "backups/shared_tar.py": "as above",
    "databases/mysql_client.py": "a temporary file with the way to the database",
    "restores/restore_mysql.py": "a pipe to the client",
    "restores/restore_postgres.py": "names of databases, not of files",
    "disk/descending.py": "makes folders by descriptors; the one above is flushed after each",
    "disk/carrying.py": "renames by descriptors; both folders are flushed",
    "restores/restore_shared.py": "swaps folders; their parent is flushed after each rename",
    "restores/sqlite_swap.py": "swaps files; the folder is flushed after each link",
    "actions/migrations.py": "a folder beside the journal, flushed after it is made",
    "actions/backup_copies.py": "a temporary file with host keys",
    "actions/sources.py": "a tar that is removed at once",
    "disk/fresh_tree.py": "a new tree; the whole file system is flushed before it gets its name",
}


def calls(tree: ast.AST) -> Iterator[tuple[str, str, str]]:
    """Give every call with a dot: what it is called on, its name, its whole text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            on = node.func.value
            module = on.id if isinstance(on, ast.Name) and on.id in MAKES else ""
            yield module, node.func.attr, ast.unparse(node)


def makes(module: str, name: str, text: str) -> bool:
    """Tell whether a call makes or changes a name or a content on the disk."""
    if name in {"open", "fdopen"}:
        return any(f"'{mode}" in text for mode in ("w", "a", "x", "r+"))
    return name in MAKES[module]


def offenders(tree: ast.AST) -> list[str]:
    made = [text for module, name, text in calls(tree) if makes(module, name, text)]
    flags = [ast.unparse(one) for one in ast.walk(tree) if isinstance(one, ast.Attribute)]
    return [*made, *(one for one in flags if one == "os.O_CREAT")]


def test_nobody_else_in_the_agent_makes_names_or_contents():
    found = {
        str(path.relative_to(AGENT)): offenders(ast.parse(path.read_text()))
        for path in AGENT.rglob("*.py")
        if path != AGENT / HELPER
    }

    wrong = {file: calls for file, calls in found.items() if calls and file not in ALLOWED}
    assert wrong == {}, "write through deployer/agent/disk/files.py"


def test_every_exception_is_needed():
    needless = [file for file in ALLOWED if not offenders(ast.parse((AGENT / file).read_text()))]

    assert needless == []


def test_the_helper_flushes_what_it_makes():
    tree = ast.parse((AGENT / HELPER).read_text())
    for function in (one for one in tree.body if isinstance(one, ast.FunctionDef)):
        if offenders(function):
            assert "fsync_folder(" in ast.unparse(function), function.name


@pytest.mark.parametrize(
    "line",
    [
        "path.write_text('x')",
        "path.open('w')",
        "Path(x).rename(y)",
        "os.symlink(a, b)",
        "folder.mkdir()",
        "os.open(p, os.O_WRONLY | os.O_CREAT)",
        "shutil.copyfile(a, b)",
    ],
)
def test_a_forbidden_call_is_seen(line):
    assert offenders(ast.parse(line))
