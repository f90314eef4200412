"""Open a run: the app is set up, not held, not locked, put right, and as the plan has seen it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deployer.agent.context import Context
from deployer.agent.disk.ballast import Ballast
from deployer.agent.runs import at_work, counters, holds
from deployer.agent.runs.compacting import compact
from deployer.agent.runs.journal import Journal, Record, Writer
from deployer.agent.runs.lock import Lock, LockHeld
from deployer.agent.runs.recovering import JOURNAL, NewerJournal, read_known, recover_locked
from deployer.agent.runs.recovery import Broken, broken
from deployer.agent.runs.refusal import Refused
from deployer.agent.talk import frames
from deployer.agent.text import grammar

_ALLOWED_WHILE_HELD = ("rollback", "backup", "recover", "restore", "maintenance")
_ALLOWED_WHILE_BROKEN = ("rollback", "backup", "restore", "recover", "maintenance")
_MEND = (
    "Look at `inv status` and `inv logs`, mend what the cause names, then run `inv recover`; "
    "or go back with `inv rollback`. Until then nothing else is done here."
)


@dataclass
class OpenRun:
    """A run that has begun: it holds the lock, and all it has written is in `records` too."""

    folder: Path
    app: str
    run: str
    release: str
    command: str
    actor: str
    lock: Lock
    journal: Journal
    writer: Writer
    ballast: Ballast
    began: float = field(default_factory=time.time)
    records: list[Record] = field(default_factory=list)

    def write(self, event: str, **data: object) -> None:
        """Add to the journal; on disk when this returns. Raises OSError."""
        self.records.append(self.journal.write(self.writer, event, **data))

    def note(self, event: str, **data: object) -> None:
        """Add to the journal what need not be on disk at once. Raises OSError."""
        self.records.append(self.journal.note(self.writer, event, **data))

    def close(self) -> None:
        """Give the lock back."""
        self.ballast.hold()
        self.journal.close()
        self.lock.release()


def open_run(place: Context, message: Mapping[str, object], live: Callable[[], str]) -> OpenRun:
    """Begin the run that a message asks for; raises Refused."""
    folder = place.state_folder
    command = str(message.get("command", ""))
    if not folder.is_dir():
        text = f"this host is not set up for `{place.app}`"
        raise Refused("not-set-up", text, "Run `inv setup` for this host first.")
    _refuse_held(folder, command)
    owner = {
        "run": place.run,
        "command": command,
        "actor": str(message.get("actor", "")),
        "since": int(time.time()),
        "pid": os.getpid(),
    }
    try:
        lock = Lock(folder, owner)
    except LockHeld as held:
        raise at_work.refusal(folder, held.owner) from held
    compact(folder / JOURNAL)
    journal = Journal(folder / JOURNAL)
    try:
        return _begin(place, message, live, (lock, journal))
    except NewerJournal as newer:
        journal.close()
        lock.release()
        hint = "Use that version of deployer, or a newer one; `inv setup` brings its agent."
        raise Refused("recovery", str(newer), hint) from newer
    except BaseException:
        journal.close()
        lock.release()
        raise


def _begin(
    place: Context,
    message: Mapping[str, object],
    live: Callable[[], str],
    held: tuple[Lock, Journal],
) -> OpenRun:
    lock, journal = held
    folder = place.state_folder
    expected = message.get("fence")
    ballast = Ballast.of(place)
    ballast.relieve()
    command = str(message.get("command", ""))
    _put_right(place, journal, command, strict=expected is not None)
    ballast.hold()  # a disk that was full at the end of the last run has none
    fence = counters.number(folder, counters.FENCE)
    if expected is not None and expected != fence:
        text = "another run has changed this host since the plan was made"
        raise Refused("stale", text, "Run the same command again; it looks at the host anew.")
    settle = message.get("settle", [])
    if frames.has_blob(settle):
        raise Refused("protocol", "settle actions may not carry content", "Report this bug.")
    release = _release(message.get("release"))
    counters.raise_to(folder, counters.FENCE, fence + 1)
    counters.raise_to(folder, counters.RELEASES, _release_number(release))
    opened = OpenRun(
        folder=folder,
        app=place.app,
        run=place.run,
        release=str(release.get("id", "")),
        command=command,
        actor=str(message.get("actor", "")),
        lock=lock,
        journal=journal,
        writer=Writer(place.run, fence + 1),
        ballast=ballast,
    )
    opened.write(
        "begin",
        command=opened.command,
        actor=opened.actor,
        release=dict(release) or None,
        previous=live(),
        settle=settle,
    )
    return opened


def _put_right(place: Context, journal: Journal, command: str, *, strict: bool) -> None:
    ended = recover_locked(place.app, place.root, journal, again=command == "recover")
    given_up = broken(read_known(place.state_folder))
    if given_up and command not in _ALLOWED_WHILE_BROKEN:
        raise Refused("broken", broken_sentence(given_up), _MEND)
    if ended is None:
        return
    folder = place.state_folder
    counters.raise_to(folder, counters.FENCE, counters.number(folder, counters.FENCE) + 1)
    if not ended.ok:
        text = f"an earlier run could not be put back: {ended.cause}"
        raise Refused("recovery", text, "Look at the host: `inv status`, then `inv rollback`.")
    if strict:
        said = ended.outcome.replace("_", " ")
        text = f"an earlier run was left open and has just been put back ({said})"
        raise Refused("recovery", text, "Run the same command again; nothing of it was begun.")


def broken_sentence(given_up: Broken) -> str:
    """Say which run could not be put back, and why."""
    what = " ".join(filter(None, (given_up.command or "run", given_up.release)))
    return f"{what} (run `{given_up.run}`) could not be put back: {given_up.cause}"


def _refuse_held(folder: Path, command: str) -> None:
    hold = None if command in _ALLOWED_WHILE_HELD else holds.read_hold(folder)
    if hold is not None:
        raise holds.refusal(hold)


def _release(value: object) -> Mapping[str, object]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise grammar.WrongWord("the release of a run is not an object")
    grammar.release_id(value.get("id"))
    grammar.revision(value.get("revision"))
    return value


def _release_number(release: Mapping[str, object]) -> int:
    return int(str(release["id"])[:6]) if release else 0
