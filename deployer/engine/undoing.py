"""Has hosts put themselves back, and asks those that were lost what became of the run."""

import threading
from collections.abc import Iterable

from deployer.core.report import Outcome
from deployer.engine.fleet import Fleet
from deployer.engine.resolving import Resolving
from deployer.engine.session import Ended, Session
from deployer.engine.tally import Tally
from deployer.errors import HostError


class Undoing:
    """The way back, for some hosts or for all."""

    def __init__(
        self, fleet: Fleet, resolving: Resolving, tally: Tally, stop: threading.Event
    ) -> None:
        self._fleet = fleet
        self._resolving = resolving
        self._tally = tally
        self._stop = stop

    def undo(self, hosts: Iterable[str], reason: str, *, found_bad: bool) -> None:
        """Put these back, if they had begun; where the release was found bad it is frozen."""
        begun: list[str] = []
        for host in hosts:
            # One that was lost may have begun without our hearing of it.
            if self._fleet.session(host).began or host in self._tally.lost:
                begun.append(host)
            else:
                self._tally.outcomes.setdefault(host, Outcome.ABORTED)
        ends = self._fleet.each(
            begun, lambda session: self._put_back(session, reason, found_bad=found_bad)
        )
        for host, end in ends.items():
            self._tally.end(host, end)

    def resolve(self, session: Session, error: HostError) -> Outcome:
        """Ask a host that was lost what became of the run; our own words count no more."""
        failed = self._tally.failed
        found = self._resolving.resolve(session, error.message)
        step = failed.get(session.host, Ended(ok=False)).step
        failed.pop(session.host, None)
        if found.outcome is not Outcome.COMMITTED:
            cause = found.cause or error.message
            failed[session.host] = Ended(ok=False, step=step, cause=cause, hint=found.hint)
        return found.outcome

    def _put_back(self, session: Session, reason: str, *, found_bad: bool) -> Outcome:
        error = self._tally.lost.get(session.host)
        if error is None:
            try:
                by_person = self._stop.is_set()
                return session.undo(reason, by_person=by_person, found_bad=found_bad)
            except HostError as trouble:
                error = trouble
        return self.resolve(session, error)
