import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deployer.agent.talk import own_files
from deployer.api.agent_package import digest


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The agent as it lies on a host, in a folder named by its digest."""
    folder = tmp_path / f"agent-{digest()}/deployer/agent"
    source = Path(own_files.__file__).parents[1]
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder.parent / "__init__.py").write_text("")
    return folder


def talk(package: Path) -> list[dict[str, Any]]:
    """Start the agent and ask it something."""
    asked = json.dumps({"verb": "facts", "app": "", "ask": []}) + "\n"
    words = [sys.executable, "-I", "-S", str(package / "__main__.py"), "serve"]
    done = subprocess.run(words, input=asked.encode(), capture_output=True, timeout=30, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_agent_and_the_tool_sum_the_files_alike():
    assert own_files.summed() == digest()


def test_an_installed_agent_answers(installed):
    hello, answer = talk(installed)

    assert hello["hello"]["agent"] == digest()
    assert answer["event"] == "facts"


@pytest.mark.parametrize("harm", ["changed", "added", "missing", "torn"])
def test_an_agent_whose_files_were_changed_answers_nothing(installed, harm):
    file = installed / "actions/prune.py"
    match harm:
        case "changed":
            file.write_text(file.read_text() + "\n# by hand\n")
        case "added":
            (installed / "actions/own.py").write_text("x = 1\n")
        case "missing":
            file.unlink()
        case _:
            file.write_bytes(b"")

    _, answer = talk(installed)

    assert answer["event"] == "error"
    assert "`inv setup`" in str(answer["message"])
    assert digest() in str(answer["message"])
