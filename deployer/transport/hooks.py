"""Runs a program of the user on this machine, with an end."""

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

_MOST = 64 * 1024
"""Bytes that are kept of what it prints: the last ones."""
_LATE = 1.0
"""Seconds that are waited for more when it has ended; what it has started may still print."""


def run_hook(
    words: Sequence[str], folder: Path, environment: Mapping[str, str], timeout: float
) -> tuple[str, tuple[str, ...]]:
    """Run it without a shell; gives what went wrong ("" for nothing) and what it printed.

    It is in a session of its own: a Ctrl-C is for the run, which lets it come to its end.
    """
    reader, writer = os.pipe()
    said = _Said(reader)
    try:
        program = subprocess.Popen(  # noqa: S603  the user's own words, never a shell
            list(words),
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=writer,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        return f"`{words[0]}` cannot be started: {error.strerror}", ()
    finally:
        os.close(writer)
    try:
        code = program.wait(timeout)
    except subprocess.TimeoutExpired:
        _kill(program)
        return f"`{words[0]}` took longer than {timeout:g} s", said.lines()
    except BaseException:
        _kill(program)
        raise
    return f"`{words[0]}` ended with {code}" if code else "", said.lines()


class _Said:
    """Reads what a program prints, so that it never waits for us, and keeps the end of it."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._kept, self._read = b"", 0
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def lines(self) -> tuple[str, ...]:
        self._thread.join(_LATE)
        kept, dropped = self._kept, self._read - len(self._kept)
        if dropped <= 0:
            return _lines(kept)
        # The first line is only a part, in which half of a secret would not be known.
        whole = kept.partition(b"\n")[2]
        return (f"({self._read - len(whole)} bytes before this are not shown)", *_lines(whole))

    def _listen(self) -> None:
        with suppress(OSError):
            while said := os.read(self._pipe, _MOST):
                self._kept = (self._kept + said)[-_MOST:]
                self._read += len(said)
        os.close(self._pipe)


def _kill(program: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(program.pid, signal.SIGKILL)
    program.wait()


def _lines(said: bytes) -> tuple[str, ...]:
    return tuple(said.decode("utf-8", "replace").splitlines())
