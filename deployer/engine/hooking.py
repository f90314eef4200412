"""Web hosts behind a balancer of others: hooks leave each out before its switch."""

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from deployer.core.around import Hosts
from deployer.core.balance import BY_HAND, IN_A_RUN, NOT_PUT_BACK
from deployer.core.clock import Clock
from deployer.core.event import Emit, Noticed, StepFailed, StepFinished, StepStarted
from deployer.core.report import HostReport, Outcome
from deployer.errors import UsageError

Hook = Callable[[str, str], str]
"""Runs the hook (`drain`, `undrain`) for a host; gives what went wrong, "" for nothing."""


class LeftOut(Protocol):
    """Remembers who is left out and why, also when this program is killed."""

    def read(self) -> Mapping[str, str]:
        """Give who is left out and why."""
        ...

    def write(self, hosts: Mapping[str, str]) -> None:
        """Keep it; on disk when this returns. Raises UsageError."""
        ...

    def hold(self) -> object:
        """Be at work for as long as what this gives is kept; raises UsageError."""
        ...


class Hooking:
    """The hooks of one run; see `deployer.core.around.Around`."""

    def __init__(
        self,
        web: Iterable[str],
        hook: Hook,
        left_out: LeftOut,
        emit: Emit,
        clock: Clock,
        stop: threading.Event,
    ) -> None:
        self._web = frozenset(web)
        self._hook = hook
        self._left_out = left_out
        self._emit = emit
        self._clock = clock
        self._stop = stop
        self._held: object = None
        self._ours: set[str] = set()
        self._reports: dict[str, HostReport] = {}

    @property
    def reason(self) -> str:
        return "; ".join(f"{host}: {one.cause}" for host, one in self._reports.items())

    def begin(self) -> bool:
        try:
            self._held = self._left_out.hold()
        except UsageError as error:
            self._failed("begin", ", ".join(sorted(self._web)), 0.0, error.message, error.hint)
            return False
        return True

    def before(self, batch: Hosts) -> bool:
        known = self._left_out.read()
        # Of one that an earlier run has left behind nobody knows whether it is out.
        web = (host for host in batch if host in self._web)
        wanted = [host for host in web if known.get(host, IN_A_RUN) == IN_A_RUN]
        if wanted and self._web <= {*known, *wanted}:
            text = f"{', '.join(wanted)} is not left out: no other host would get requests"
            self._emit(Noticed(text))
            return True
        return all(not self._stop.is_set() and self._drain(host) for host in wanted)

    def after(self, serving: Hosts) -> bool:
        known = self._left_out.read()
        back = [host for host in serving if known.get(host, BY_HAND) != BY_HAND]
        failed = [host for host in back if not self._undrain(host)]
        return not failed

    def commit(self, serving: Hosts, broken: Hosts) -> None:
        self.after(serving)
        self._keep_out(broken)

    def unwind(self, reason: str, broken: Hosts) -> None:
        kept = self._keep_out(broken) if self._ours else ()
        # Only what this run has left out: others may be at work with the same hooks.
        for host, why in self._left_out.read().items():
            if why == IN_A_RUN and host in self._ours and host not in kept:
                self._undrain(host)

    def reports(self) -> tuple[HostReport, ...]:
        return tuple(self._reports.values())

    def _keep_out(self, broken: Hosts) -> Hosts:
        """Leave out what could not be put back, if others get requests; gives who is out."""
        known = self._left_out.read()
        web = [host for host in broken if host in self._web]
        if not self._web - {*known, *web}:
            return ()
        kept = tuple(host for host in web if host in known or self._drain(host))
        for host in kept:
            if known.get(host) != BY_HAND:
                self._remembers("keep-out", host, NOT_PUT_BACK)
        if kept:
            text = f"{', '.join(kept)} could not be put back and gets no requests"
            self._emit(Noticed(text, "warning"))
        return kept

    def _drain(self, host: str) -> bool:
        # First written down: a run that is killed now has perhaps left it out.
        if not self._remembers("drain", host, IN_A_RUN):
            return False
        self._ours.add(host)
        return self._done("drain", host)

    def _undrain(self, host: str) -> bool:
        return self._done("undrain", host) and self._remembers("undrain", host, "")

    def _remembers(self, name: str, host: str, why: str) -> bool:
        known = {one: said for one, said in self._left_out.read().items() if one != host}
        try:
            self._left_out.write({**known, host: why} if why else known)
        except UsageError as error:
            self._failed(name, host, 0.0, error.message, error.hint)
            return False
        return True

    def _done(self, name: str, host: str) -> bool:
        self._emit(StepStarted(host, name))
        began = self._clock.monotonic()
        cause = self._hook(name, host)
        seconds = self._clock.monotonic() - began
        if not cause:
            self._emit(StepFinished(host, name, seconds))
            return True
        hint = f"look at the balancer, then `inv undrain --host {host}`"
        self._failed(name, host, seconds, cause, hint)
        return False

    def _failed(self, name: str, host: str, seconds: float, cause: str, hint: str) -> None:
        self._emit(StepFailed(host, name, seconds, cause, hint))
        report = f"hook for {host}"
        outcome = Outcome.ABORTED if name in ("begin", "drain") else Outcome.ROLLED_BACK
        self._reports[report] = HostReport(report, outcome, step=name, cause=cause, hint=hint)
