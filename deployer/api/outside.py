"""Looks at a release from outside, over ways that it may have cut, before it is confirmed."""

import threading
from collections.abc import Mapping

from deployer.api.environment import Environment
from deployer.core.confirm import Way
from deployer.core.health import judge
from deployer.core.host_state import app_state
from deployer.core.outside import Door, Inside, Knock, Seen, inside, verdict
from deployer.core.plan import Plan
from deployer.engine.confirming import Terms
from deployer.engine.session import Session

_TRIES = 4
_PAUSE = 0.5
_LONGEST = 8.0
"""Seconds that the looks from before may take, all at once, beside the work of a deploy."""


def terms(at: Environment, sessions: Mapping[str, Session], plan: Plan) -> Terms | None:
    """Say how a plan is confirmed; None when its hosts shall commit without it."""
    if at.request.no_confirm or plan.release is None:
        return None
    outside = Outside(at, sessions, plan, at.place.knock or _knock())
    return Terms(at.inventory.app.health.confirm.deadline, outside.wrong, at.place.clock)


class Outside:
    """Remembers how hosts answered before a run, and asks them again when the release is live."""

    def __init__(
        self, at: Environment, sessions: Mapping[str, Session], plan: Plan, knock: Knock
    ) -> None:
        self._at = at
        self._sessions = sessions
        self._plan = plan
        self._knock = knock
        self._before: dict[str, Seen] = {}
        self._threads: dict[str, threading.Thread] = {}
        if self._way == "auto" and at.inventory.app.web_server.front:
            self._look_before()

    def wrong(self, fresh: Session) -> str:
        """Ask the host over a new connection, then its web server; gives what is wrong or ""."""
        if self._way == "off":
            return ""
        told = self._asked(fresh)
        if not told.healthy:
            return f"asked over a new connection: {self._at.redact(told.cause)}"
        if self._way == "ssh" or told.door is None:
            return ""
        return self._answered(fresh.host, told.door)

    @property
    def _way(self) -> Way:
        return self._at.inventory.app.health.confirm.outside

    def _asked(self, fresh: Session) -> Inside:
        app = self._at.inventory.app
        release = self._plan.target(fresh.host).release.id
        colour = self._sessions[fresh.host].facts[app_state()].colour_for(release)
        fact = inside(
            judge(app, release, colour, settle=0.0, through_front=bool(app.web_server.front))
        )
        for turn in range(_TRIES):
            fresh.ask((fact,), strict=False)
            if fresh.facts[fact].healthy or turn + 1 == _TRIES:
                break
            self._at.place.clock.sleep(_PAUSE)
        return fresh.facts[fact]

    def _answered(self, host: str, door: Door) -> str:
        wrong = ""
        for turn in range(_TRIES):
            now = self._knock(self._at.inventory.hosts[host].address, door)
            wrong, notice = verdict(self._seen_before(host), now, door)
            if not wrong:
                if notice:
                    text = f"{notice}; it was looked at through the new SSH connection only"
                    self._at.notice(text, host=host)
                return ""
            if turn + 1 < _TRIES:
                self._at.place.clock.sleep(_PAUSE)
        return wrong

    def _look_before(self) -> None:
        app = self._at.inventory.app
        door = Door(app.web_server.front, app.web_server.server_names[0], app.health.path)
        for host in self._plan.live:
            thread = threading.Thread(target=self._knock_before, args=(host, door), daemon=True)
            self._threads[host] = thread
            thread.start()

    def _knock_before(self, host: str, door: Door) -> None:
        self._before[host] = self._knock(self._at.inventory.hosts[host].address, door)

    def _seen_before(self, host: str) -> Seen | None:
        if host not in self._threads:
            return None
        self._threads[host].join(_LONGEST)
        seen = self._before.get(host, Seen(problem="no answer"))
        if not self._plan.live.get(host) and not seen.problem:
            return Seen(problem=f"only another site, with {seen.status}")
        return seen


def _knock() -> Knock:
    from deployer.transport.knock import knock  # noqa: PLC0415  only what goes live needs it

    return knock
