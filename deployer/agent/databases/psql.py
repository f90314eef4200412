"""A psql that stays open, so that several questions and a dump see one snapshot."""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import tempfile
import time
from collections.abc import Mapping
from types import TracebackType

from deployer.agent.context import ActionFailed, Context
from deployer.agent.system import programs
from deployer.agent.system.programs import Program
from deployer.agent.text.clean_text import clean

_WORDS = (
    *("psql", "--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--no-password"),
    "--set=ON_ERROR_STOP=1",
)
_MARK = "-- answered --"
_TICK = 0.2
_PIECE = 65536


class Psql:
    """One conversation as the app's user; closed with its transaction when the block ends."""

    def __init__(self, ctx: Context, user: str, env: Mapping[str, str], timeout: float) -> None:
        self._ctx = ctx
        self._timeout = timeout
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  closed in __exit__
        try:
            self._process = programs.converse(Program(_WORDS, user, "/", env), self._errors)
        except FileNotFoundError as error:
            self._errors.close()
            hint = "Install postgresql-client of the server's version on this host."
            raise ActionFailed("there is no `psql` on this host", hint) from error
        except programs.UnknownUser as error:
            self._errors.close()
            hint = "Run `inv setup` for this host."
            raise ActionFailed(f"this host has no user `{user}`", hint) from error

    def __enter__(self) -> Psql:  # noqa: PYI034  Python 3.9 has no Self
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        programs.end(self._process)
        self._errors.close()

    def __call__(self, sql: str) -> tuple[str, ...]:
        """Ask, and give the lines of the answer; raises ActionFailed with what psql said."""
        asked = f"{sql}\n\\echo {_MARK}\n".encode()
        try:
            os.write(self._pipe("stdin"), asked)
        except BrokenPipeError:
            raise self._failed() from None
        return self._answer()

    def _answer(self) -> tuple[str, ...]:
        end = time.monotonic() + self._timeout
        heard = b""
        mark = f"{_MARK}\n".encode()
        out = self._pipe("stdout")
        with selectors.DefaultSelector() as selector:
            selector.register(out, selectors.EVENT_READ)
            while not (heard == mark or heard.endswith(b"\n" + mark)):
                if self._ctx.cancelled.is_set():
                    raise ActionFailed("cancelled")
                if time.monotonic() > end:
                    raise ActionFailed(f"PostgreSQL gave no answer within {self._timeout:.0f} s")
                if selector.select(_TICK):
                    piece = os.read(out, _PIECE)
                    if not piece:
                        raise self._failed()
                    heard += piece
        lines = heard.decode("utf-8", "replace").splitlines()[:-1]
        return tuple(line for line in lines if line)

    def _failed(self) -> ActionFailed:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_TICK * 50)
        self._errors.seek(0)
        said = self._errors.read(_PIECE).decode("utf-8", "replace").splitlines()
        lines = [clean(line) for line in said if line.strip()] or ["psql ended without a word"]
        hint = "Is the URL of the database right, and may this user connect and read all of it?"
        return ActionFailed(f"PostgreSQL could not be asked: {lines[0]}", hint, lines[-10:])

    def _pipe(self, name: str) -> int:
        pipe = self._process.stdin if name == "stdin" else self._process.stdout
        assert pipe is not None  # noqa: S101  converse() made both
        return pipe.fileno()
