"""A confirm, as the front takes it: the waiting worker answers, or the journal does."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path

from deployer.agent.context import Context
from deployer.agent.runs.awaiting import confirm_socket
from deployer.agent.runs.journal import NAME, load
from deployer.agent.runs.verdict import OPEN, UNKNOWN, verdict
from deployer.agent.talk.frames import Reader, WrongFrame, encode
from deployer.agent.text import grammar

_PATIENCE = 30.0
_LOOK = "Look what is there: `inv status`."


def confirm(place: Context, sockets: Path, message: Mapping[str, object]) -> Mapping[str, object]:
    """Have a run committed and tell its final state; one that ended before is told as it is."""
    run = grammar.run_id(message.get("run"))
    told = _asked(confirm_socket(sockets, place.app, run), {"verb": "confirm", "run": run})
    return told or journal_says(place, run)


def journal_says(place: Context, run: str) -> Mapping[str, object]:
    """Tell what became of a run that waits for nothing."""
    found = verdict(load(place.state_folder / NAME), run)
    if found["outcome"] == UNKNOWN:
        return _refused("unknown-run", f"there was never a run `{run}` here")
    if found["outcome"] == OPEN:
        return _refused("not-awaiting", f"the run `{run}` does not wait for a confirm")
    return {"event": "verdict", **found}


def _asked(path: Path, message: Mapping[str, object]) -> Mapping[str, object] | None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_PATIENCE)
        try:
            connection.connect(str(path))
            connection.sendall(encode(message))
            found = Reader(connection.recv).message()
        except (OSError, WrongFrame):
            return None
    return found[0] if found else None


def _refused(why: str, text: str) -> Mapping[str, object]:
    return {"event": "refused", "why": why, "message": text, "hint": _LOOK}
