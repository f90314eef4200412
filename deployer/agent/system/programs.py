"""Run one program: own session, no shell, bounded output, a timeout, and no child left behind."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import IO

from deployer.agent.system.program_output import Output

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
GRACE = 5.0
"""Seconds between SIGTERM and SIGKILL."""
_TICK = 0.05
_LINGER = 0.2
_NOT_FOUND = 127
_NOT_EXECUTABLE = 126


class UnknownUser(LookupError):
    """A program shall run as a user that this host does not have."""


@dataclass(frozen=True)
class Program:
    """What to run and how; `user` "" is the agent's own.

    `sink` is a descriptor for its stdout, `feed` one that it reads as its stdin.
    """

    words: Sequence[str]
    user: str = ""
    folder: str = "/"
    env: Mapping[str, str] = field(default_factory=dict)
    stdin: bytes = b""
    timeout: float = 300.0
    sink: int = -1
    feed: int = -1


@dataclass(frozen=True)
class Completed:
    """How a program ended; `lines` are its last ones (both streams), `stdout` is capped.

    `ended` is exited, timeout or cancelled. `cut` tells that `stdout` is not all of it.
    """

    exit_code: int
    lines: tuple[str, ...] = ()
    stdout: bytes = b""
    seconds: float = 0.0
    ended: str = "exited"
    cut: bool = False

    @property
    def ok(self) -> bool:
        """Whether it ended by itself, with exit code 0."""
        return self.ended == "exited" and self.exit_code == 0

    @property
    def problem(self) -> str:
        """How it failed, in words that continue `the program …`; "" if it did not."""
        if self.ended == "timeout":
            return f"was stopped after {self.seconds:.0f} s"
        if self.ended == "cancelled":
            return "was cancelled"
        if self.exit_code < 0:
            return f"was killed by {_signal_name(-self.exit_code)}"
        return f"ended with exit code {self.exit_code}" if self.exit_code else ""


def run(
    program: Program,
    cancelled: Event | None = None,
    line: Callable[[str], None] | None = None,
    redact: Callable[[str], str] = str,
) -> Completed:
    """Run a program to its end, its timeout or its cancellation; `line` gets what it prints.

    Of what it prints only `stdout` is not redacted: that is data.
    """
    started = time.monotonic()
    try:
        process = _start(program)
    except FileNotFoundError as error:
        missing = str(error.filename)
        what = "folder" if missing == program.folder else "program"
        return Completed(_NOT_FOUND, (f"there is no {what} `{missing}`",))
    except PermissionError as error:
        return Completed(_NOT_EXECUTABLE, (f"may not execute `{error.filename}`",))
    stdin = program.stdin if program.feed < 0 else b""
    output = Output(process, stdin, line, redact)
    try:
        ended = _watch(process, output, started + program.timeout, cancelled or Event())
    finally:
        _kill_group(process.pid, signal.SIGKILL)
        process.wait()
        output.close()
    return Completed(
        process.returncode,
        output.lines,
        output.stdout,
        time.monotonic() - started,
        ended,
        cut=output.cut,
    )


def converse(program: Program, errors: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start a program to talk with, its stderr in a file; whoever starts it also ends it."""
    return _start(program, stdin=subprocess.PIPE, stderr=errors)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a program and its children, and close its pipes."""
    for pipe in (process.stdin, process.stdout):
        if pipe:
            pipe.close()
    _kill_group(process.pid, signal.SIGKILL)
    process.wait()


def environment(user: str, extra: Mapping[str, str]) -> dict[str, str]:
    """Give the clean environment of a program that runs as `user`."""
    account = _account(user) if user else pwd.getpwuid(os.geteuid())
    return {
        "PATH": PATH,
        "LANG": "C.UTF-8",
        "HOME": account.pw_dir,
        "USER": account.pw_name,
        "LOGNAME": account.pw_name,
        **extra,
    }


def _start(
    program: Program, *, stdin: int | None = None, stderr: int | IO[bytes] = subprocess.PIPE
) -> subprocess.Popen[bytes]:
    env = environment(program.user, program.env)
    stdout = program.sink if program.sink >= 0 else subprocess.PIPE
    uid, gid, groups = _identity(program.user)
    return subprocess.Popen(  # noqa: S603  words, never a shell line
        list(program.words),
        cwd=program.folder,
        env=env,
        stdin=_stdin(program) if stdin is None else stdin,
        stdout=stdout,
        stderr=stderr,
        start_new_session=True,
        umask=0o027,
        user=uid,
        group=gid,
        extra_groups=groups,
    )


def _stdin(program: Program) -> int:
    if program.feed >= 0:
        return program.feed
    return subprocess.PIPE if program.stdin else subprocess.DEVNULL


def _identity(user: str) -> tuple[int | None, int | None, list[int] | None]:
    if not user or _account(user).pw_uid == os.geteuid():
        return None, None, None
    account = _account(user)
    groups = os.getgrouplist(account.pw_name, account.pw_gid)
    return account.pw_uid, account.pw_gid, groups


def _account(user: str) -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(user)
    except KeyError as error:
        raise UnknownUser(user) from error


def _watch(
    process: subprocess.Popen[bytes], output: Output, deadline: float, cancelled: Event
) -> str:
    ended = "exited"
    kill_at = float("inf")
    quiet_since = 0.0
    while output.is_open or process.poll() is None:
        now = time.monotonic()
        if ended == "exited" and (cancelled.is_set() or now >= deadline):
            ended = "cancelled" if cancelled.is_set() else "timeout"
            kill_at = now + GRACE
            _kill_group(process.pid, signal.SIGTERM)
        if now >= kill_at:
            _kill_group(process.pid, signal.SIGKILL)
        moved = output.pump(_TICK) if output.has_pipes else _ends(process, _TICK)
        if process.poll() is None or moved:
            quiet_since = time.monotonic()
        elif time.monotonic() - quiet_since > _LINGER:
            break  # it ended, but a child of it still holds the pipes
    return ended


def _ends(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Wait for a program that has closed its pipes; most end within a millisecond."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _kill_group(pid: int, number: int) -> None:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
