import os
from pathlib import Path

from deployer.transport.hooks import run_hook

HERE = Path("/")


def test_it_gets_its_words_as_they_are_and_its_variables():
    script = 'import os, sys; print(sys.argv[1], os.environ["DEPLOYER_HOST"], os.getcwd())'

    done = run_hook(
        ("/usr/bin/env", "python3", "-c", script, "$HOME; ls"),
        HERE,
        {**os.environ, "DEPLOYER_HOST": "web1"},
        20.0,
    )

    assert done == ("", ("$HOME; ls web1 /",))


def test_what_it_printed_comes_with_its_exit_code():
    done = run_hook(("sh", "-c", "echo no such pool >&2; exit 3"), HERE, os.environ, 20.0)

    assert done == ("`sh` ended with 3", ("no such pool",))


def test_one_that_does_not_end_is_ended_with_all_that_it_started():
    cause, _ = run_hook(("sh", "-c", "sleep 600 & sleep 600"), HERE, os.environ, 0.2)

    assert cause == "`sh` took longer than 0.2 s"


def test_one_that_is_not_there_is_named():
    cause, lines = run_hook(("/no/such/hook",), HERE, os.environ, 1.0)

    assert (cause, lines) == (
        "`/no/such/hook` cannot be started: No such file or directory",
        (),
    )
