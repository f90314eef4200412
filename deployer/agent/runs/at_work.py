"""Who is at work on an app: which run, whose, in which step, for how long."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from deployer.agent.runs import lock
from deployer.agent.runs.journal import NAME, load
from deployer.agent.runs.recovery import plan
from deployer.agent.runs.refusal import Refused

_MINUTE, _HOUR = 60, 3600


def at_work(folder: Path) -> dict[str, object]:
    """Give who holds the lock, with `step` and `seconds`; empty if nobody does."""
    owner = lock.owner(folder)
    return _with_step(folder, owner) if owner else {}


def refusal(folder: Path, owner: Mapping[str, object]) -> Refused:
    """Say who is at work, with which command, in which step and since when."""
    found = _with_step(folder, owner)
    who = found.get("actor") or "somebody"
    step = f", in step `{found['step']}`" if found["step"] else ""
    text = (
        f"{found.get('command') or 'run'} `{found.get('run', '')}` of {who} is at work here "
        f"for {age(found['seconds'])}{step}"
    )
    return Refused("locked", text, "Add `--wait 15m` to begin when it has ended.")


def age(seconds: object) -> str:
    """Write a time in the two largest units that say something."""
    whole = int(seconds) if isinstance(seconds, (int, float)) else 0
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"


def _with_step(folder: Path, owner: Mapping[str, object]) -> dict[str, object]:
    found = plan(load(folder / NAME))
    mine = found is not None and found.run == owner.get("run")
    step = found.undo[0].step if found is not None and mine and found.undo else ""
    since = owner.get("since")
    seconds = time.time() - since if isinstance(since, (int, float)) else 0
    return {**owner, "step": step, "seconds": max(0, int(seconds))}
