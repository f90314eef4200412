import os
import time
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


def test_what_it_leaves_running_is_not_waited_for():
    words = ("sh", "-c", "echo done; setsid sleep 5 & exit 0")

    assert run_hook(words, HERE, os.environ, 4.0) == ("", ("done",))


def test_what_escapes_from_one_that_took_too_long_is_not_waited_for():
    script = "setsid sleep 5 & sleep 600"

    began = time.monotonic()
    cause, _ = run_hook(("sh", "-c", script), HERE, os.environ, 0.2)

    assert cause == "`sh` took longer than 0.2 s"
    assert time.monotonic() - began < 4


def test_of_megabytes_the_end_is_shown_in_whole_lines():
    script = 'print("x" * 70_000_000); print("secret" * 9000); print("secret" * 9000); print("end")'

    cause, lines = run_hook(("/usr/bin/env", "python3", "-c", script), HERE, os.environ, 60.0)

    assert cause == ""
    assert lines == ("(70054002 bytes before this are not shown)", "secret" * 9000, "end")
