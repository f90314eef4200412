"""Stop when another run has begun here: somebody has removed our lock, and nothing is safe now.

The kernel drops a lock only with its holder, so this cannot happen by itself. It happens to
those who delete files by hand. Borg does the same: without its lock there is no safe way to go on.
"""

from __future__ import annotations

from deployer.agent.context import ActionFailed
from deployer.agent.runs import counters
from deployer.agent.runs.journal import NAME, load
from deployer.agent.runs.opening import OpenRun
from deployer.agent.runs.unwinding import ABORTED, ROLLBACK_FAILED, ROLLED_BACK, Unwound
from deployer.agent.runs.verdict import verdict

OVERTAKEN = "another run has begun here in the meantime"


def check(opened: OpenRun) -> None:
    """Raise ActionFailed when a later run has begun."""
    if is_overtaken(opened):
        raise ActionFailed(
            f"{OVERTAKEN}: its fence is `{_newest(opened)}`, ours is `{opened.writer.fence}`",
            "Never remove `/var/lib/deployer/APP/lock`; `inv history` shows both runs.",
        )


def is_overtaken(opened: OpenRun) -> bool:
    """Tell whether a later run has begun; it has put this one back."""
    return _newest(opened) > opened.writer.fence


def end_of(opened: OpenRun) -> Unwound:
    """Give what the later run made of this one; we must not touch anything any more."""
    outcome = str(verdict(load(opened.folder / NAME), opened.run)["outcome"])
    known = outcome in (ABORTED, ROLLED_BACK)
    return Unwound(outcome if known else ROLLBACK_FAILED, OVERTAKEN)


def _newest(opened: OpenRun) -> int:
    return counters.number(opened.folder, counters.FENCE)
