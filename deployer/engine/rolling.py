"""Who takes part in a run, and what the rollout says when hosts fail."""

from collections.abc import Collection, Iterable

from deployer.core.plan import Plan


class Rolling:
    """Hosts leave a run when they are put back while it goes on with the others."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._rollout = plan.rollout
        self._left: set[str] = set()
        self._proven: set[str] = set()
        self._failures = 0
        self.has_switched = False
        """Whether what is done once is done, so that hosts begin to switch."""

    @property
    def hosts(self) -> tuple[str, ...]:
        """Those that take part, in the order of the inventory."""
        return self.among(target.host.name for target in self._plan.targets)

    @property
    def proven(self) -> tuple[str, ...]:
        """Those on which the release serves and has proved itself."""
        return tuple(host for host in self.hosts if host in self._proven)

    @property
    def is_over(self) -> bool:
        """Whether more hosts have failed than may."""
        return self._failures > self._rollout.max_failed

    def among(self, hosts: Iterable[str]) -> tuple[str, ...]:
        """Give those of these hosts that take part."""
        return tuple(host for host in hosts if host not in self._left)

    def prove(self, hosts: Iterable[str]) -> None:
        """Take in that the release serves well on these."""
        self._proven.update(hosts)

    def leave(self, hosts: Iterable[str]) -> None:
        """Let these take part no more: they are put back."""
        self._left.update(hosts)

    def bears(self, failed: Collection[str]) -> bool:
        """Tell whether the run goes on without hosts that have just failed, and count them.

        What is done once must not fail, and somebody must be left.
        """
        self._failures += len(failed)
        if len(failed) == len(self.hosts) or self._leads_still(failed):
            return False
        alone = self._rollout.on_failure == "host" and self.has_switched
        return alone or not self.is_over

    def keeps(self, failed: Collection[str]) -> tuple[str, ...]:
        """Give the hosts that keep the release although the rollout stops here."""
        well = tuple(host for host in self.proven if host not in failed)
        match self._rollout.on_failure:
            case "fleet":
                return ()
            case "host":
                return well
            case "batch":
                spoiled = {
                    host
                    for batch in self._plan.batches
                    if any(host in failed for host in batch)
                    for host in batch
                }
                return tuple(host for host in well if host not in spoiled)

    def _leads_still(self, failed: Collection[str]) -> bool:
        leaders = self._plan.leaders
        shared = len(leaders) < len(self._plan.targets)
        return shared and not self.has_switched and any(host in leaders for host in failed)
