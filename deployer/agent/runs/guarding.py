"""A guard for a recovery that somebody asked for: should its process be killed, systemd goes on.

A worker has `OnFailure=` of its unit for that; what is done in the conversation itself has no unit.
"""

from __future__ import annotations

import os
import select
import sys
from pathlib import Path

from deployer.agent.context import ROOT, Context
from deployer.agent.runs.recovering import NewerJournal, read_known
from deployer.agent.runs.recovery import plan
from deployer.agent.talk.launching import main_file

LEFT_OPEN = 1


def guard(place: Context) -> None:
    """Have a unit watch this process; without systemd there is none, and the recovery goes on."""
    if place.root != ROOT:
        return
    me = str(os.getpid())
    words = (
        *("systemd-run", "--quiet", "--collect", "--no-ask-password"),
        f"--unit=deployer-{place.app}-guard-{me}",
        f"--property=OnFailure=deployer-recover@{place.app}.service",
        *(sys.executable, "-I", "-S", str(main_file()), "guard", place.app, me),
    )
    place.execute(words, timeout=20, quiet=True)


def stand_by(app: str, process: int, root: Path = ROOT) -> int:
    """Wait for the end of a process; gives 0 if no run is open then, so that nobody need come."""
    try:
        descriptor = os.pidfd_open(process)
    except ProcessLookupError:
        descriptor = -1
    if descriptor >= 0:
        select.select([descriptor], [], [])
        os.close(descriptor)
    try:
        left = plan(read_known(Context(app, "", root=root).state_folder))
    except NewerJournal:
        return 0
    return 0 if left is None else LEFT_OPEN
