import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from invoke.parser import Parser
from ruamel.yaml import YAML

from deployer.cli.tasks import namespace

CI = Path(__file__).parents[2] / "ci"
GITHUB = CI / "github" / "deploy.yml"
GITLAB = CI / "gitlab" / ".gitlab-ci.yml"
FLAGS = {
    "deploy": {"--env", "--revision", "--output", "--yes"},
    "rollback": {"--env", "--to", "--output", "--yes"},
    "plan": {"--env", "--revision", "--output"},
    "check": {"--env", "--output"},
}


def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = YAML(typ="safe").load(path.read_text())
    return content


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)


def scripts(path: Path) -> list[str]:
    content = read(path)
    jobs = [job for job in [*content.values(), *content.get("jobs", {}).values()] if job]
    parts: list[object] = []
    for job in jobs:
        if isinstance(job, dict):
            parts += [job.get("before_script"), job.get("script")]
            parts += [step.get("run") for step in job.get("steps", ())]
    return list(strings([part for part in parts if part]))


def commands(path: Path) -> list[list[str]]:
    found = []
    for line in "\n".join(scripts(path)).splitlines():
        # `${RELEASE:+"--to=$RELEASE"}` is the shell's way to give a flag only if it has a value.
        plain = re.sub(r'\$\{RELEASE:\+"(--to)=\$RELEASE"\}', r"\1=000041-9f8e7d6", line)
        words = shlex.split(plain.split("||")[0], comments=True)
        if words[:1] == ["inv"]:
            found.append(words[1:])
    return found


ALL = [words for path in (GITHUB, GITLAB) for words in commands(path)]
REAL = {context.name for context in deepcopy(namespace).to_contexts()}


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        (GITHUB, "vendor.github-workflows"),
        (GITHUB, "custom.github-workflows-require-timeout"),
        (GITLAB, "vendor.gitlab-ci"),
    ],
)
def test_the_example_is_what_the_service_accepts(path: Path, schema: str):
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)]

    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", [GITHUB, GITLAB], ids=["github", "gitlab"])
def test_the_example_deploys_rolls_back_and_plans(path: Path):
    assert {words[0] for words in commands(path)} == {"deploy", "rollback", "plan"}


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_a_command_uses_known_flags_and_names_its_environment(words: list[str]):
    flags = {word.split("=")[0] for word in words if word.startswith("--")}

    assert flags <= FLAGS[words[0]]
    assert "--env" in flags


@pytest.mark.parametrize("words", [one for one in ALL if one[0] in REAL], ids=" ".join)
def test_a_command_is_one_that_the_command_line_takes(words: list[str]):
    parser = Parser(contexts=deepcopy(namespace).to_contexts())

    (parsed,) = [context for context in parser.parse_argv(words) if context.name]

    assert parsed.args["env"].value == "prod"


@pytest.mark.parametrize("words", [one for one in ALL if one[0] != "plan"], ids=" ".join)
def test_a_command_that_changes_something_does_not_wait_for_an_answer(words: list[str]):
    assert "--yes" in words


@pytest.mark.parametrize("path", [GITHUB, GITLAB], ids=["github", "gitlab"])
def test_the_scripts_are_sound_shell(path: Path):
    done = subprocess.run(
        ["bash", "-n"],
        input="\n".join(scripts(path)),
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("path", [GITHUB, GITLAB], ids=["github", "gitlab"])
def test_no_script_trusts_an_unknown_host_or_writes_the_key_to_a_file(path: Path):
    text = "\n".join(scripts(path))

    assert "ssh-keyscan" not in text
    assert "StrictHostKeyChecking" not in text
    assert ".ssh/" not in text


def test_no_text_of_a_stranger_is_put_into_a_script_of_github():
    assert not [script for script in scripts(GITHUB) if "${{" in script]


def test_two_runs_never_deploy_at_once_and_none_is_cancelled():
    github, gitlab = read(GITHUB), read(GITLAB)

    assert github["concurrency"] == {"group": "deploy-prod", "cancel-in-progress": False}
    assert gitlab[".prod"]["resource_group"] == "prod"
    assert gitlab[".prod"]["interruptible"] is False
    assert all(gitlab[job]["extends"] == ".prod" for job in ("deploy", "rollback", "plan"))


def test_the_examples_run_on_merge_on_a_schedule_and_by_hand():
    triggers = read(GITHUB)["on"]
    rules = [rule["if"] for rule in read(GITLAB)["deploy"]["rules"]]

    assert set(triggers) == {"push", "schedule", "workflow_dispatch"}
    assert triggers["push"] == {"branches": ["main"]}
    assert rules[0] == '$CI_PIPELINE_SOURCE == "schedule"'
    assert read(GITLAB)["rollback"]["rules"][0]["when"] == "manual"
