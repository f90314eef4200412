"""Web hosts behind a balancer of others: hooks leave each out before its switch."""

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from deployer.core.around import Hosts
from deployer.core.balance import BY_HAND, IN_A_RUN, NOT_PUT_BACK
from deployer.core.clock import Clock
from deployer.core.event import Emit, Noticed, StepFailed, StepFinished, StepStarted
from deployer.core.report import HostReport, Outcome

Hook = Callable[[str, str], str]
"""Runs the hook (`drain`, `undrain`) for a host; gives what went wrong, "" for nothing."""


class LeftOut(Protocol):
    """Remembers who is left out and why, also when this program is killed."""

    def read(self) -> Mapping[str, str]:
        """Give who is left out and why."""
        ...

    def write(self, hosts: Mapping[str, str]) -> None:
        """Keep it; on disk when this returns."""
        ...


class Hooking:
    """The hooks of one run; see `deployer.core.around.Around`."""

    def __init__(
        self, web: Iterable[str], hook: Hook, left_out: LeftOut, emit: Emit, clock: Clock
    ) -> None:
        self._web = frozenset(web)
        self._hook = hook
        self._left_out = left_out
        self._emit = emit
        self._clock = clock
        self._reports: dict[str, HostReport] = {}

    @property
    def reason(self) -> str:
        return "; ".join(f"{host}: {one.cause}" for host, one in self._reports.items())

    def begin(self) -> bool:
        return True

    def before(self, batch: Hosts) -> bool:
        known = self._left_out.read()
        wanted = [host for host in batch if host in self._web and host not in known]
        if wanted and self._web <= {*known, *wanted}:
            text = f"{', '.join(wanted)} is not left out: no other host would get requests"
            self._emit(Noticed(text))
            return True
        return all(self._drain(host) for host in wanted)

    def after(self, serving: Hosts) -> bool:
        known = self._left_out.read()
        back = [host for host in serving if known.get(host, BY_HAND) != BY_HAND]
        failed = [host for host in back if not self._undrain(host)]
        return not failed

    def commit(self, serving: Hosts, broken: Hosts) -> None:
        self.after(serving)

    def unwind(self, reason: str, broken: Hosts) -> None:
        known = {**self._left_out.read()}
        others = self._web - set(broken)
        kept = {host for host in broken if host in known} if others else set()
        if kept:
            self._left_out.write({**known, **dict.fromkeys(kept, NOT_PUT_BACK)})
            text = f"{', '.join(kept)} could not be put back and gets no requests"
            self._emit(Noticed(text, "warning"))
        for host, why in known.items():
            if why == IN_A_RUN and host not in kept:
                self._undrain(host)

    def reports(self) -> tuple[HostReport, ...]:
        return tuple(self._reports.values())

    def _drain(self, host: str) -> bool:
        # First written down: a run that is killed now has perhaps left it out.
        self._left_out.write({**self._left_out.read(), host: IN_A_RUN})
        return self._done("drain", host)

    def _undrain(self, host: str) -> bool:
        if not self._done("undrain", host):
            return False
        known = self._left_out.read()
        self._left_out.write({name: why for name, why in known.items() if name != host})
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
        self._emit(StepFailed(host, name, seconds, cause, hint))
        report = f"hook for {host}"
        outcome = Outcome.ABORTED if name == "drain" else Outcome.ROLLED_BACK
        self._reports[report] = HostReport(report, outcome, step=name, cause=cause, hint=hint)
        return False
