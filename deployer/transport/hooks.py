"""Runs a program of the user on this machine, with an end."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path


def run_hook(
    words: Sequence[str], folder: Path, environment: Mapping[str, str], timeout: float
) -> tuple[str, tuple[str, ...]]:
    """Run it without a shell; gives what went wrong ("" for nothing) and what it printed.

    It is in a session of its own: a Ctrl-C is for the run, which lets it come to its end.
    """
    try:
        program = subprocess.Popen(  # noqa: S603  the user's own words, never a shell
            list(words),
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        return f"`{words[0]}` cannot be started: {error.strerror}", ()
    try:
        said, _ = program.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(program.pid, signal.SIGKILL)
        said, _ = program.communicate()
        return f"`{words[0]}` took longer than {timeout:g} s", _lines(said)
    code = program.returncode
    return f"`{words[0]}` ended with {code}" if code else "", _lines(said)


def _lines(said: bytes) -> tuple[str, ...]:
    return tuple(said.decode("utf-8", "replace").splitlines())
