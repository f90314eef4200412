"""Whether a host has put itself right: nothing is at work, and no run is open."""

import re

from deployer.agent.runs import lock
from deployer.agent.runs.recovery import plan
from deployer.lab.machine import wait_until
from tests.faults.lane import Lane
from tests.faults.tiny import NAME

STATE = f"/var/lib/deployer/{NAME}"
WORKERS = re.compile(rf"deployer-{NAME}-2\d+-.*\.service")


def at_work(lane: Lane) -> str:
    """Say what of ours is still at work, or which run is open; "" once all is settled."""
    if workers := _workers(lane):
        return f"unit {workers}"
    if owner := lock.owner(lane.path(STATE)):
        return f"lock of {dict(owner)}"
    left = plan(lane.records())
    return f"open run {left.run}, tried {left.attempts} times" if left else ""


def _workers(lane: Lane) -> list[str]:
    try:
        units = [one.name for one in lane.path("/run/systemd/transient").iterdir()]
    except FileNotFoundError:
        return []
    found = [unit for unit in units if WORKERS.fullmatch(unit)]
    if not found:
        return []
    # systemd may keep what has ended for a while.
    states = lane.host.run(f"systemctl is-active {' '.join(found)}").stdout.split()
    ended = ("inactive", "failed")
    return [unit for unit, state in zip(found, states, strict=True) if state not in ended]


def wait_until_settled(lane: Lane) -> str:
    """Wait until the host has put itself right; says what is not, if it never is."""
    wait_until(lambda: not (at_work(lane) or _recovers(lane)), seconds=lane.patience)
    return at_work(lane) or _recovers(lane)


def _recovers(lane: Lane) -> str:
    said = lane.host.run(f"systemctl is-active deployer-recover@{NAME}").stdout.strip()
    return "the recovery is at work" if said == "activating" else ""
