"""Recover an app after a crash: at boot, when a worker dies, and at the start of every run.

At boot, and after a worker's death, the release that is live then must also be whole.
"""

from __future__ import annotations

from pathlib import Path
from threading import Event

from deployer.agent.context import ROOT, Context, Emit
from deployer.agent.disk.ballast import Ballast
from deployer.agent.runs.falling_back import check_live
from deployer.agent.runs.journal import NAME, SCHEMA, Journal, Record, load
from deployer.agent.runs.lock import Lock, LockHeld
from deployer.agent.runs.recovery import ATTEMPTS, Plan, newest_schema, plan
from deployer.agent.runs.unwinding import PAUSE, ROLLBACK_FAILED, Unwinding, Unwound

JOURNAL = NAME
FAILED = 1
NOT_AGAIN = 3
"""The exit code that has systemd try no more (`RestartPreventExitStatus=`): a person is needed."""


class NewerJournal(Exception):
    """The journal holds lines whose form this agent does not know."""

    def __init__(self, found: int) -> None:
        super().__init__(
            f"the journal was written by a newer deployer (form {found}, known here: {SCHEMA}), "
            "so nothing is touched"
        )


def recover(app: str, root: Path = ROOT, pause: float = PAUSE) -> int:
    """Put the open run of an app back and look at what is live; 0 unless that failed for good."""
    folder = Context(app, "", root=root).state_folder
    if not folder.is_dir():
        return 0
    try:
        lock = Lock(folder, {"run": "recovery"})
    except LockHeld:
        return 0  # its holder is alive and does it
    try:
        done = put_right(Context(app, "", root=root, emit=_to_log), _to_log, pause)
    except NewerJournal as newer:
        _to_log({"text": f"{newer}: run `inv setup` with the newer version"})
        return NOT_AGAIN
    finally:
        lock.release()
    return 0 if all(one is None or one.ok for one in done) else FAILED


def put_right(
    ctx: Context, emit: Emit, pause: float = PAUSE, *, again: bool = False
) -> tuple[Unwound | None, Unwound | None]:
    """Put the open run back and leave a damaged live release; gives how each ended, if it was.

    The caller has the lock. Raises NewerJournal.
    """
    folder = ctx.state_folder
    journal = Journal(folder / JOURNAL)
    if journal.is_read_only:
        emit({"text": f"`{folder}` is read-only: processes are put right, nothing is recorded"})
    ballast = Ballast.of(ctx)
    ballast.relieve()
    try:
        ended = recover_locked(ctx.app, ctx.root, journal, pause, again=again, emit=emit)
        fallen = check_live(ctx, journal, read_known(folder), emit)
    finally:
        journal.close()
        ballast.hold()
    return ended, fallen


def recover_locked(
    app: str,
    root: Path,
    journal: Journal,
    pause: float = PAUSE,
    *,
    again: bool = False,
    emit: Emit | None = None,
) -> Unwound | None:
    """Put the open run back, in a few attempts; None if there is none. The caller has the lock.

    With `again` one that was given up is tried once more. Raises NewerJournal.
    """
    folder = Context(app, "", root=root).state_folder
    ended: Unwound | None = None
    for _ in range(ATTEMPTS):
        wanted = plan(read_known(folder), again=again and ended is None)
        if wanted is None:
            return ended
        if ended is not None:
            Event().wait(pause)
        ended = _attempt(Unwinding(root, app, wanted, journal, emit or _to_log), wanted)
        if ended.ok or journal.is_read_only:
            return ended
    return ended


def read_known(folder: Path) -> tuple[Record, ...]:
    """Give the records of an app's journal; raises NewerJournal for a form that we do not know."""
    records = load(folder / JOURNAL)
    newest = newest_schema(records)
    if newest > SCHEMA:
        raise NewerJournal(newest)
    return records


def _attempt(unwinding: Unwinding, wanted: Plan) -> Unwound:
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
