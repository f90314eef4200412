"""Recover an app after a crash: at boot, when a worker dies, and at the start of every run."""

from __future__ import annotations

from pathlib import Path
from threading import Event

from deployer.agent.context import ROOT, Context
from deployer.agent.journal import Journal, load
from deployer.agent.lock import Lock, LockHeld
from deployer.agent.recovery import ATTEMPTS, Plan, plan
from deployer.agent.unwinding import ROLLBACK_FAILED, Unwinding, Unwound

JOURNAL = "journal"
_PAUSE = 2.0


def recover(app: str, root: Path = ROOT, pause: float = _PAUSE) -> int:
    """Put the open run of an app back; gives the exit code: 0 unless that failed for good."""
    folder = Context(app, "", root=root).state_folder
    if not (folder / JOURNAL).exists():
        return 0
    try:
        lock = Lock(folder, {"run": "recovery"})
    except LockHeld:
        return 0  # its holder is alive and does it
    journal = Journal(folder / JOURNAL)
    try:
        ended = recover_locked(app, root, journal, pause)
    finally:
        journal.close()
        lock.release()
    return 0 if ended is None or ended.ok else 1


def recover_locked(app: str, root: Path, journal: Journal, pause: float = _PAUSE) -> Unwound | None:
    """Put the open run back, in a few attempts; None if there is none. The caller has the lock."""
    folder = Context(app, "", root=root).state_folder
    ended: Unwound | None = None
    for _ in range(ATTEMPTS):
        wanted = plan(load(folder / JOURNAL))
        if wanted is None:
            return ended
        if ended is not None:
            Event().wait(pause)
        ended = _attempt(app, root, wanted, journal)
        if ended.ok:
            return ended
    return ended


def _attempt(app: str, root: Path, wanted: Plan, journal: Journal) -> Unwound:
    unwinding = Unwinding(root, app, wanted, journal, _to_log)
    if wanted.is_hopeless:
        ended = Unwound(ROLLBACK_FAILED, f"putting back was tried {wanted.attempts} times")
        unwinding.close(ended, "interrupted")
        return ended
    return unwinding.attempt("interrupted", last=wanted.attempts + 1 >= ATTEMPTS)


def _to_log(event: dict[str, object]) -> None:
    """Print what happens: under systemd that is the journal of the unit."""
    text = event.get("text") or event.get("line")
    if text:
        print(text, flush=True)  # noqa: T201  there is no controller to tell
