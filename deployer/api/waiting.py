"""`--wait 15m`: begin when another run has ended, with a plan made from fresh facts."""

import random
from collections.abc import Callable, Mapping
from dataclasses import replace

from deployer.api.deployment import states
from deployer.api.environment import Environment
from deployer.api.running import Ending
from deployer.core.host_state import app_state
from deployer.core.quantities import Seconds
from deployer.core.report import Outcome
from deployer.engine.session import Session
from deployer.errors import UsageError

Work = Callable[[Environment, Mapping[str, Session]], Ending]
Reach = Callable[[Environment, Work], Ending]
_LOOK = 2.0
"""Seconds between two looks at the hosts."""


def limit(wait: str) -> float:
    """Read how long to wait, in seconds; raises UsageError."""
    if not wait:
        return 0.0
    try:
        return Seconds(zero=True).read(wait)
    except ValueError:
        raise UsageError(
            f"`--wait {wait}` is no duration.", hint="write `90s`, `15m` or `1h`; at most 24h"
        ) from None


def patiently(
    at: Environment, reach: Reach, work: Work, fresh_run: Callable[[], str]
) -> tuple[Environment, Ending]:
    """Do the work when no other run is at work; gives the environment of the run that did it.

    A hold is not waited for: it has no end of its own. Who loses the race for the lock waits on,
    and every attempt is planned anew, because the other run has changed the hosts.
    """
    clock = at.place.clock
    ends = clock.monotonic() + limit(at.request.wait)
    if not at.request.wait:
        return at, reach(at, work)
    while True:
        looked = reach(at, lambda here, sessions: _until_free(here, sessions, ends))
        if looked.hosts:
            return at, looked
        ending = reach(at, work)
        if ending.outcome is not Outcome.LOCKED or clock.monotonic() >= ends:
            return at, ending
        at.notice("another run was faster; waiting for it", "warning")
        at = replace(at, run=fresh_run())
        # Not all at the same moment: fleets that wait for each other would meet again for ever.
        clock.sleep(min(_pause(), max(0.0, ends - clock.monotonic())))


def _pause() -> float:
    return random.uniform(0.2, _LOOK)  # noqa: S311  no secret


def _until_free(at: Environment, sessions: Mapping[str, Session], ends: float) -> Ending:
    told: dict[str, tuple[str, str]] = {}
    clock = at.place.clock
    while True:
        at.on_all(sessions, lambda session: session.ask((app_state(),)))
        working = {host: one.work for host, one in states(sessions).items() if one.work}
        left = ends - clock.monotonic()
        if not working or left <= 0:
            return Ending((), "")
        for host, work in working.items():
            if told.get(host) != (work.run, work.step):
                told[host] = (work.run, work.step)
                at.notice(f"waiting for {work}", "info", host)
        clock.sleep(min(_LOOK, left))
