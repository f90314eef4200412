# ruff: noqa: PLC0415  it imports the product of another folder, and only when it is told to
"""Starts controllers fast: everything is imported once, and each command is a fork of that.

Reads one JSON object a line: `{"words": [...], "folder": ..., "environ": {...}, "log": ...}`,
answers with the process id, and later with the id and how it ended (as `waitpid` has it).
"""

import importlib
import json
import os
import pkgutil
import selectors
import signal
import sys
from typing import Any, TypeAlias

Wanted: TypeAlias = dict[str, Any]


def main() -> None:
    """Serve until the other side closes."""
    # A shell starts background work with both ignored, and every controller would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    preload()
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    with selectors.DefaultSelector() as selector:
        selector.register(sys.stdin.fileno(), selectors.EVENT_READ)
        selector.register(woken, selectors.EVENT_READ)
        say({"ready": True})
        rest = b""
        while True:
            for key, _ in selector.select():
                if key.fileobj == woken:
                    os.read(woken, 4096)
                    reap()
                    continue
                piece = os.read(0, 1 << 20)
                if not piece:
                    return
                *lines, rest = (rest + piece).split(b"\n")
                for line in lines:
                    say({"pid": start(json.loads(line), selector)})


def preload() -> None:
    """Import all of the product that a controller may need."""
    import deployer

    for found in pkgutil.walk_packages(deployer.__path__, "deployer."):
        if not found.name.startswith(("deployer.agent.", "deployer.adapters.probes.")):
            importlib.import_module(found.name)


def reap() -> None:
    """Tell of every child that has ended."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        say({"ended": pid, "code": os.waitstatus_to_exitcode(status)})


def say(message: dict[str, object]) -> None:
    """Write one line."""
    os.write(1, json.dumps(message).encode() + b"\n")


def start(wanted: Wanted, selector: selectors.BaseSelector) -> int:
    """Fork, and be `inv` in the child."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        selector.close()
        become(wanted)
        code = inv(wanted["words"])
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except KeyboardInterrupt:
        code = 130
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def become(wanted: Wanted) -> None:
    """Take on the folder, the environment and the streams of the command."""
    os.environ.clear()
    os.environ.update(wanted["environ"])
    os.chdir(wanted["folder"])
    nothing = os.open(os.devnull, os.O_RDONLY)
    log = os.open(wanted["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(nothing, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    sys.path.insert(0, wanted["folder"])


def inv(words: list[str]) -> int:
    """Do what the program `inv` does."""
    from invoke.main import program

    program.run(["inv", *words])
    return 0


if __name__ == "__main__":
    assert str(importlib.import_module("deployer").__file__).startswith(sys.argv[1])
    main()
