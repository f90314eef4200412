import re
import subprocess
import sys
from copy import deepcopy

import pytest
from invoke import Context
from invoke.exceptions import Exit

from deployer.cli.program import program
from deployer.cli.tasks import namespace

# This repository's own tasks.py, which other tests load, adds commands to the same collection.
TASKS = sorted(name for name in namespace.task_names if not name.startswith("dev."))
CONTEXTS = {context.name: context for context in deepcopy(namespace).to_contexts()}
COMMANDS = {
    "deploy", "plan", "rollback", "setup", "check", "status", "releases", "history", "health",
    "logs", "run", "maintenance", "backup", "backups", "restore", "prune", "recover",
    "render", "trust", "schema", "init",
    "hold", "unhold", "drain", "undrain",
    "lab.up", "lab.down", "lab.status",
}  # fmt: skip
HEAVY = ("pydantic", "fabric", "paramiko", "rich", "jinja2", "ruamel", "deployer.core.inventory")


def typed(*words: str) -> int:
    with pytest.raises(SystemExit) as left:
        program().run(["deployer", *words])
    return left.value.code if isinstance(left.value.code, int) else 0


def test_every_documented_command_is_there():
    assert set(TASKS) == COMMANDS


def test_the_development_commands_are_not_shipped():
    assert not [name for name in TASKS if name.startswith("dev.")]


@pytest.mark.parametrize("name", TASKS)
def test_no_word_is_taken_without_its_flag(name):
    assert CONTEXTS[name].positional_args == []


@pytest.mark.parametrize("name", TASKS)
def test_there_are_no_short_flags(name):
    flags = CONTEXTS[name].flags
    short = [flag for flag in (*flags, *flags.aliases) if re.fullmatch("-[^-]", flag)]

    assert short == []


@pytest.mark.parametrize("name", TASKS)
def test_every_flag_says_what_it_is_for_and_its_default(name):
    unhelpful = [
        flag
        for flag, argument in CONTEXTS[name].flags.items()
        if "default" not in (argument.help or "")
    ]

    assert unhelpful == []


@pytest.mark.parametrize("name", TASKS)
def test_help_is_shown_and_nothing_is_done(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    code = typed(name, "--help")

    shown = capsys.readouterr().out
    assert code == 0
    assert f"deployer [--core-opts] {name}" in shown
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("depoy",), "no command `depoy`.\nhint: did you mean `deploy`?"),
        (("deploy", "--evn", "prod"), "no flag `--evn`.\nhint: did you mean `--env`?"),
        (("deploy", "prod"), "`deploy` takes no word `prod`.\nhint: values follow a flag"),
        (("deploy", "--env"), "`--env` needs a value."),
        (("--nosuch",), "no flag `--nosuch`"),
        (("--help", "depoy"), "no command `depoy`"),
        (("--list", "--list-depth", "x"), "error: "),
    ],
)  # fmt: skip
def test_wrong_words_end_with_2_one_line_and_a_hint(words, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    code = typed(*words)

    shown = capsys.readouterr().err
    assert code == 2
    assert said in shown
    assert [line.split(":")[0] for line in shown.splitlines()] == ["error", "hint"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("deploy", "--output", "jsn"), "`jsn` is no kind of output. Did you mean `json`?"),
        (("deploy", "--env", "prd"), "no environment `prd`"),
        (("deploy", "--env=--help"), "--env is '--help'"),
        (("status", "--limit", "web9"), "`web9` in `--limit`"),
        (("history", "--last", "many"), "`--last many` is no number from 1 to 1000"),
        (("history", "--last", "0"), "`--last 0`"),
        (("logs", "--grep", "("), "no regular expression"),
        (("logs", "--lines", "-3"), "`--lines -3`"),
        (("logs", "--since", "$(reboot)"), "no time"),
        (("run",), "needs a program"),
        (("run", "--command", "echo 'x"), "cannot be split"),
        (("render",), "needs a folder"),
        (("lab.up", "--hosts", "no"), "`--hosts no`"),
        (("setup", "--output", ""), "is no kind of output"),
        (("--dry", "setup"), "`setup` has no dry run"),
    ],
)
def test_wrong_values_end_with_2_before_any_host_is_asked(
    words, said, project, monkeypatch, capsys
):
    monkeypatch.chdir(project)

    code = typed(*words)

    shown = capsys.readouterr().err
    assert code == 2, shown
    assert said in shown
    assert "Traceback" not in shown


def test_several_environments_are_named_when_none_is_chosen(project, monkeypatch, capsys):
    (project / "inventories/stage.yaml").write_bytes(
        (project / "inventories/prod.yaml").read_bytes()
    )
    monkeypatch.chdir(project)
    monkeypatch.delenv("DEPLOYER_ENV", raising=False)

    code = typed("status")

    assert code == 2
    assert "Several environments are possible: prod, stage" in capsys.readouterr().err


def test_outside_of_a_project_the_next_step_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    code = typed("status")

    assert code == 2
    assert "hint: run `deployer init`" in capsys.readouterr().err


def test_listing_commands_imports_nothing_heavy():
    program = (
        "import sys, deployer.cli.program;"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )

    assert done.stdout.strip() == "[]"


def test_a_task_leaves_by_invokes_own_exit(project, monkeypatch):
    monkeypatch.chdir(project)

    with pytest.raises(Exit) as left:
        namespace["status"](Context(), env="nosuch")

    assert left.value.code == 2
