"""Recovery because somebody asks for it: also of a run that was given up; tells what was done."""

from __future__ import annotations

from collections.abc import Mapping

from deployer.agent.context import Context, Emit
from deployer.agent.runs import at_work
from deployer.agent.runs.lock import Lock, LockHeld
from deployer.agent.runs.recovering import NewerJournal, put_right, read_known
from deployer.agent.runs.recovery import plan
from deployer.agent.runs.refusal import Refused


def recover_asked(place: Context, emit: Emit) -> Mapping[str, object]:
    """Put right what was left open or given up, and what is live; gives the answer."""
    try:
        return _recovered(place, emit)
    except Refused as no:
        return no.event


def _recovered(place: Context, emit: Emit) -> Mapping[str, object]:
    folder = place.state_folder
    if not folder.is_dir():
        text = f"this host is not set up for `{place.app}`"
        raise Refused("not-set-up", text, "Run `inv setup` for this host first.")
    try:
        lock = Lock(folder, {"run": "recovery", "command": "recover"})
    except LockHeld as held:
        raise at_work.refusal(folder, held.owner) from held
    try:
        wanted = plan(read_known(folder), again=True)
        ended, fallen = put_right(place, emit, again=True)
    except NewerJournal as newer:
        raise Refused("recovery", str(newer), "Use that version of deployer.") from newer
    finally:
        lock.release()
    worst = next((one for one in (ended, fallen) if one is not None and not one.ok), ended)
    return {
        "event": "recovered",
        "run": wanted.run if wanted else "",
        "outcome": worst.outcome if worst else "",
        "cause": worst.cause if worst else "",
        "fell_back": fallen is not None and fallen.ok,
    }
