# mypy: ignore-errors
# ruff: noqa: PLC0415
# It patches private parts of the agent from within.
"""Takes one mechanism out of the agent, so that a test can show that it was needed."""

from __future__ import annotations

import os
import subprocess
from types import SimpleNamespace


def remove(names: list, command: str) -> None:
    """Take out the mechanisms with these names."""
    for name in names:
        REMOVALS[name](command)


def limit(plan: dict) -> None:
    """Give the units of workers other limits than those of releases."""
    changes = plan.get("unit", {})
    if not changes:
        return
    from deployer.agent.talk import launching

    def popen(words, **options):
        changed = [_changed(word, changes) for word in words]
        return subprocess.Popen([word for word in changed if word], **options)

    launching.subprocess = SimpleNamespace(
        Popen=popen, PIPE=subprocess.PIPE, DEVNULL=subprocess.DEVNULL
    )


def _changed(word: str, changes: dict) -> str:
    name, _, _ = word.removeprefix("--property=").partition("=")
    if not word.startswith("--property=") or name not in changes:
        return word
    return f"--property={name}={changes[name]}" if changes[name] else ""


def _flush(_command: str) -> None:
    from deployer.agent.actions import sealing
    from deployer.agent.disk import flush

    def nothing(*_arguments: object) -> None:
        return

    flush.flush_file_system = nothing
    sealing.flush_file_system = nothing
    os.fsync = nothing
    os.fdatasync = nothing


def _lock(_command: str) -> None:
    from deployer.agent.runs import lock

    lock._taken = lambda *_arguments, **_named: True


def _guard(command: str) -> None:
    if command == "serve":
        limit({"unit": {"OnFailure": ""}})


def _undo_first(_command: str) -> None:
    from deployer.agent.runs.orders import Orders

    write = Orders._write
    held = []

    def written(this, step, phase, state, **data):
        if state == "start":
            held.append((step, phase, state, data))
            return
        while held:
            kept_step, kept_phase, kept_state, kept = held.pop()
            write(this, kept_step, kept_phase, kept_state, **kept)
        write(this, step, phase, state, **data)

    Orders._write = written


def _settle(_command: str) -> None:
    from deployer.agent.runs import unwinding
    from deployer.agent.runs.unwinding import Unwinding

    perform_all = Unwinding._perform_all
    unwinding.make_ready = lambda *_arguments: None  # the same, before the switch back

    def performed(this, step, actions):
        return [] if step == "settle" else perform_all(this, step, actions)

    Unwinding._perform_all = performed


def _fence(_command: str) -> None:
    from deployer.agent.runs import worker

    open_run = worker.open_run

    def opened(place, message, live):
        return open_run(place, {**message, "fence": None}, live)

    worker.open_run = opened


def _read_back(_command: str) -> None:
    from deployer.agent.actions import backups

    backups.check_tar = lambda *_arguments: None
    backups.check_digest = lambda *_arguments: None


def _redaction(_command: str) -> None:
    from deployer.agent.text.redacting import Redaction

    Redaction.__call__ = lambda _this, text: text


def _boot_check(_command: str) -> None:
    from deployer.agent.runs import recovering

    recovering.check_live = lambda *_arguments: None


def _honest_dump(_command: str) -> None:
    """Have every dump lose its second half after it was written: a disk that lies."""
    from deployer.agent.backups import dumps

    dump = dumps.dump

    def damaged(ctx, wish, folder):
        dumped = dump(ctx, wish, folder)
        path = folder / dumped.part.name
        os.truncate(path, path.stat().st_size // 2)
        return dumped

    dumps.dump = damaged


REMOVALS = {
    "flush": _flush,
    "lock": _lock,
    "guard": _guard,
    "undo first": _undo_first,
    "settle": _settle,
    "fence": _fence,
    "read back": _read_back,
    "boot check": _boot_check,
    "redaction": _redaction,
    "honest dump": _honest_dump,
}
