import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
AGENT = sorted((ROOT / "deployer/agent").rglob("*.py"))


def imported(source: str) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                found.update(one.name for one in names)
            case ast.ImportFrom(module=str(module)):
                found.add(module)
            case _:
                pass
    return found


def strangers(source: str) -> set[str]:
    return {
        name
        for name in imported(source)
        if name.partition(".")[0] not in sys.stdlib_module_names
        and name != "deployer.agent"
        and not name.startswith("deployer.agent.")
    }


def test_every_floor_imports_downwards_only():
    lint = Path(sys.executable).with_name("lint-imports")
    ended = subprocess.run(
        [str(lint), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_strangers_are_told_from_friends():
    source = "import os, requests\nfrom deployer.core import plan\nfrom deployer.agent.x import y"

    assert strangers(source) == {"requests", "deployer.core"}


@pytest.mark.parametrize("path", AGENT, ids=lambda path: path.name)
def test_the_agent_needs_nothing_but_the_standard_library(path):
    assert strangers(path.read_text()) == set()


@pytest.mark.parametrize("path", AGENT, ids=lambda path: path.name)
def test_the_agent_is_python_of_the_oldest_supported_hosts(path):
    ast.parse(path.read_text(), feature_version=(3, 9))


QUESTIONS = """
import sys
from deployer.agent.talk import serve
from deployer.agent.facts import app, machine, software, weights
print(*sys.modules)
"""


def test_what_a_deploy_asks_first_loads_no_database_and_no_recovery():
    words = [sys.executable, "-S", "-c", QUESTIONS]
    ended = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)

    loaded = set(ended.stdout.split())
    assert not loaded & {"sqlite3", "deployer.agent.runs.recovering"}
