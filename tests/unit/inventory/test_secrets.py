import copy
import json
import pickle
import sys

import pytest

from deployer.core.secret import Secret
from deployer.errors import UnresolvedSecret, UsageError
from deployer.inventory.dotenv import read_dotenv
from deployer.inventory.loader import load
from deployer.inventory.secrets import resolve
from tests.unit.inventory.good import with_line, written

VALUE = "hunter2"


def inventory(folder, source):
    env = "{A: {secret: A}, B: {secret: B}, C: plain}"
    text = with_line("env", env).replace("secrets: env", f"secrets: {source}")
    return load(written(folder, text.replace("DATABASE_URL", "A")), "prod", {})


def program(folder, code):
    words = json.dumps([sys.executable, "-c", code])
    return inventory(folder, f"{{kind: command, command: {words}}}")


def revealed(secrets):
    return {name: secret.reveal() for name, secret in secrets.items()}


@pytest.mark.parametrize("show", [repr, str, "{}".format, "{:>9}".format, "%s".__mod__])
def test_a_secret_never_prints(show):
    assert VALUE not in show(Secret(VALUE))
    assert VALUE not in show({"a": (Secret(VALUE),)}.copy() if show is repr else Secret(VALUE))


@pytest.mark.parametrize("take", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps, vars])
def test_a_secret_is_not_copied_or_stored(take):
    with pytest.raises(TypeError) as caught:
        take(Secret(VALUE))

    assert VALUE not in str(caught.value)


def test_secrets_are_equal_by_value_and_give_no_hash_away():
    assert Secret("a") == Secret("a") != Secret("b")
    assert hash(Secret("a")) == hash(Secret("b"))


def test_the_environment_gives_the_named_ones_only(tmp_path):
    environ = {"A": VALUE, "B": "b", "OTHER": "c"}

    assert revealed(resolve(inventory(tmp_path, "env"), environ)) == {"A": VALUE, "B": "b"}


def test_a_prefix_is_put_before_each_name(tmp_path):
    source = "{kind: env, prefix: SHOP_}"

    found = resolve(inventory(tmp_path, source), {"SHOP_A": "a", "SHOP_B": "b", "A": "no"})

    assert revealed(found) == {"A": "a", "B": "b"}


def test_all_that_fail_are_named_at_once(tmp_path):
    with pytest.raises(UnresolvedSecret) as caught:
        resolve(inventory(tmp_path, "env"), {})

    assert caught.value.names == ("A", "B")
    assert caught.value.exit_code == 2
    assert "export A=" in caught.value.hint


@pytest.mark.parametrize(
    ("value", "cause"), [("", "Empty: B."), ("a\0b", "NUL"), ("x" * 70_000, "65536")]
)
def test_an_unusable_value_is_refused_and_not_shown(value, cause, tmp_path):
    with pytest.raises(UnresolvedSecret) as caught:
        resolve(inventory(tmp_path, "env"), {"A": VALUE, "B": value})

    assert caught.value.names == ("B",)
    assert cause in caught.value.hint
    assert VALUE not in str(caught.value) + caught.value.hint
    assert len(caught.value.hint) < 200


def test_nothing_is_asked_when_no_secret_is_named(tmp_path):
    text = with_line("secrets", "{kind: command, command: [no-such-program]}")
    text = text.replace("{kind: postgres, url: {secret: DATABASE_URL}}", "none")

    assert resolve(load(written(tmp_path, text), "prod", {}), {}) == {}


def test_a_dotenv_file_is_read_from_the_project(tmp_path):
    (tmp_path / ".env").write_text("A=hunter2\nexport B='b c' # why\n")
    wanted = inventory(tmp_path, "{kind: dotenv, file: .env}")

    assert revealed(resolve(wanted, {}, tmp_path)) == {"A": VALUE, "B": "b c"}


def test_a_missing_dotenv_file_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"\.env` cannot be read: No such file"):
        resolve(inventory(tmp_path, "{kind: dotenv, file: .env}"), {}, tmp_path)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=b", "b"),
        ("A = b ", "b"),
        ("A=", ""),
        ("A=b # c", "b"),
        ("A=b#c", "b#c"),
        ("A=b c", "b c"),
        ("A='$HOME \\n'", "$HOME \\n"),
        ('A="a\\nb\\"c\\\\"', 'a\nb"c\\'),
        ('A="$HOME"', "$HOME"),
        ("A=$HOME", "$HOME"),
        ("A=a=b", "a=b"),
        ("A='b' # c", "b"),
    ],
)
def test_dotenv_lines_are_read_without_expanding_anything(line, value):
    assert read_dotenv(f"# first\n\n{line}\n", "`x`") == {"A": value}


@pytest.mark.parametrize(
    "line", ["hunter2", "A='hunter2", 'A="hunter2', "1A=hunter2", "A-B=hunter2"]
)
def test_a_broken_dotenv_line_is_named_by_number_only(line):
    with pytest.raises(UsageError, match="Line 2 of `x`") as caught:
        read_dotenv(f"A=b\n{line}\n", "`x`")

    assert VALUE not in str(caught.value) + caught.value.hint


@pytest.mark.parametrize(
    "code",
    ["print('A=a\\nB=b')", 'print(\'{"A": "a", "B": "b", "C": 3}\')'],
    ids=["dotenv", "json"],
)
def test_a_program_prints_lines_or_json(code, tmp_path):
    assert revealed(resolve(program(tmp_path, code), {}, tmp_path)) == {"A": "a", "B": "b"}


def test_a_program_gets_the_environment_and_no_stdin(tmp_path):
    code = "import os, sys; print('A=' + os.environ['X']); print('B=[' + sys.stdin.read() + ']')"

    assert revealed(resolve(program(tmp_path, code), {"X": "y"}, tmp_path)) == {"A": "y", "B": "[]"}


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("print('A=hunter2'); raise SystemExit(3)", "failed: exit code 3"),
        ("import sys; sys.stderr.write('hunter2'); sys.exit(1)", "failed: exit code 1"),
        ('print(\'{"A": "hunter2"\')', "broken JSON"),
        ("print('hunter2')", "Line 1 of the output"),
        ("import sys; sys.stdout.buffer.write(b'A=hunter2\\xff')", "UTF-8"),
        ("print('{' * 100000)", "broken JSON"),
    ],
    ids=["exit", "stderr", "json", "no-lines", "latin-1", "deep"],
)
def test_a_failing_program_says_why_and_shows_nothing(code, words, tmp_path):
    with pytest.raises(UsageError) as caught:
        resolve(program(tmp_path, code), {}, tmp_path)

    assert words in caught.value.message
    assert caught.value.hint
    assert VALUE not in str(caught.value) + caught.value.hint
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_missing_program_is_named(tmp_path):
    wanted = inventory(tmp_path, "{kind: command, command: [no-such-program, x]}")

    with pytest.raises(UsageError, match="`no-such-program` cannot be started: No such file"):
        resolve(wanted, {}, tmp_path)


def test_a_program_that_waits_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr("deployer.inventory.secrets._TIMEOUT", 0.2)
    wanted = program(tmp_path, "import time; print('A=hunter2', flush=True); time.sleep(60)")

    with pytest.raises(UsageError, match=r"no answer in 0\.2 seconds") as caught:
        resolve(wanted, {}, tmp_path)

    assert VALUE not in str(caught.value)


@pytest.mark.parametrize(
    ("code", "words"),
    [(51, "checksum does not match"), (128, "no key here can decrypt"), (1, "exit code 1")],
)
def test_sops_says_why_it_failed(code, words, tmp_path):
    sops = tmp_path / "sops"
    sops.write_text(f"#!/bin/sh\nexit {code}\n")
    sops.chmod(0o755)
    wanted = inventory(tmp_path, "{kind: sops, file: secrets.yaml}")

    with pytest.raises(UsageError, match=words):
        resolve(wanted, {"PATH": f"{tmp_path}:/usr/bin:/bin"}, tmp_path)


def test_sops_decrypts_the_file_to_json(tmp_path):
    sops = tmp_path / "sops"
    sops.write_text('#!/bin/sh\nprintf \'{"A": "%s", "B": "b"}\' "$*"\n')
    sops.chmod(0o755)
    wanted = inventory(tmp_path, "{kind: sops, file: secrets.yaml}")

    found = resolve(wanted, {"PATH": f"{tmp_path}:/usr/bin:/bin"}, tmp_path)

    assert found["A"].reveal() == "--decrypt --output-type json secrets.yaml"
