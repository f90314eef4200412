"""What is known of each host of a run so far: who failed and why, who was lost, how it ended."""

from collections.abc import Collection, Iterable, Mapping

from deployer.core.event import Emit, StepFailed
from deployer.core.plan import Plan
from deployer.core.report import HostReport, Outcome
from deployer.engine.reporting import host_report
from deployer.engine.resolving import LOST
from deployer.engine.session import Ended
from deployer.errors import DeployerError, HostError


class Tally:
    """The words of one run."""

    def __init__(self, plan: Plan, emit: Emit) -> None:
        self._plan = plan
        self._emit = emit
        self.failed: dict[str, Ended] = {}
        self.lost: dict[str, HostError] = {}
        self.outcomes: dict[str, Outcome] = {}

    def note(self, host: str, step: str, end: Ended | DeployerError | None) -> None:
        """Take in how something ended on a host; trouble is told."""
        match end:
            case Ended(ok=False):
                self.failed[host] = end
            case DeployerError():
                if isinstance(end, LOST):
                    self.lost[host] = end
                self.failed[host] = Ended(ok=False, step=step, cause=end.message, hint=end.hint)
                self._emit(StepFailed(host, step, 0.0, end.message, end.hint))
            case _:
                pass

    def note_all(self, step: str, ends: Mapping[str, Ended | DeployerError | None]) -> None:
        """Take in how something ended on several hosts."""
        for host, end in ends.items():
            self.note(host, step, end)

    def end(self, host: str, outcome: Outcome | DeployerError) -> None:
        """Take in how the run ended on a host; with an error nobody knows."""
        if isinstance(outcome, Outcome):
            self.outcomes[host] = outcome
            return
        self.outcomes[host] = Outcome.UNKNOWN
        unsure = Ended(ok=False, cause=outcome.message, hint=outcome.hint)
        self.failed.setdefault(host, unsure)

    def failing(self, hosts: Iterable[str]) -> tuple[str, ...]:
        """Give those of these hosts that have failed."""
        return tuple(host for host in hosts if host in self.failed)

    def serving(self, hosts: Iterable[str], proven: Collection[str]) -> tuple[str, ...]:
        """Give those of these hosts that serve: the new release, or again the one from before."""
        return tuple(
            host
            for host in hosts
            if host not in self.broken
            and (host in proven or (host in self.outcomes and self._plan.live.get(host)))
        )

    @property
    def broken(self) -> tuple[str, ...]:
        """The hosts that could not be put back."""
        ends = self.outcomes.items()
        return tuple(host for host, end in ends if end is Outcome.ROLLBACK_FAILED)

    @property
    def reason(self) -> str:
        """Say who failed in which step."""
        return "; ".join(f"{host} failed in {end.step}" for host, end in self.failed.items())

    @property
    def found_bad(self) -> bool:
        """Whether something speaks against the release; that a host was lost does not."""
        return any(host not in self.lost for host in self.failed)

    def reports(self, otherwise: Outcome) -> tuple[HostReport, ...]:
        """Report on all hosts; `otherwise` is the end of those whose end was not noted."""
        return tuple(
            host_report(
                self._plan,
                name,
                self.outcomes.get(name, otherwise),
                self.failed.get(name, Ended(ok=True)),
            )
            for name in (target.host.name for target in self._plan.targets)
        )
