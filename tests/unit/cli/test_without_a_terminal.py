"""Cron, CI and containers: no terminal, no HOME, no stdin, no locale."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

DEPLOYER = Path(sys.executable).parent / "deployer"
BARE = {"PATH": "/usr/bin:/bin", "LANG": "C", "TERM": "dumb"}


def typed(folder: Path, *words: str, closed: str = "<&-") -> subprocess.CompletedProcess[str]:
    line = f'exec "$@" {closed}'
    return subprocess.run(
        ["sh", "-c", line, "sh", str(DEPLOYER), *words],
        cwd=folder,
        env=BARE,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_schema_is_printed_as_json(project):
    done = typed(project, "schema")

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["title"] == "Inventory of an environment"


def test_files_are_rendered_without_secrets_at_hand(project):
    done = typed(project, "render", "--env", "prod", "--out", "seen")

    assert done.returncode == 0, done.stderr
    text = (project / "seen/release/config/app.env").read_text()
    assert 'SECRET_KEY="***"' in text
    assert 'GREETING="hello"' in text


def test_an_error_is_told_on_stderr_with_its_hint(project):
    done = typed(project, "deploy", "--env", "prod")

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines()[0] == "error: No value was found for the secrets `SECRET_KEY`."
    assert done.stderr.splitlines()[1].startswith("hint: ")


@pytest.mark.parametrize("closed", ["<&- >&-", "<&- 2>&-", "<&- >&- 2>&-"])
def test_closed_outputs_do_not_break_a_command(project, closed):
    done = typed(project, "render", "--out", "seen", closed=closed)

    assert done.returncode == 0, done.stderr
    assert (project / "seen/release/config/app.env").is_file()


@pytest.mark.parametrize("words", [("--list",), ("--help",), ("deploy", "--help"), ("schema",)])
def test_a_reader_that_leaves_early_is_no_error(project, words):
    line = f"{DEPLOYER} {' '.join(words)} | true"

    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        cwd=project,
        env=BARE,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_listing_commands_needs_nothing(tmp_path):
    done = typed(tmp_path, "--list")

    assert done.returncode == 0
    assert "rollback" in done.stdout
