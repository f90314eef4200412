"""What is done around the switch of each batch: a balancer leaves its hosts out meanwhile."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from deployer.core.plan import Plan
from deployer.core.report import HostReport
from deployer.core.step import Step

Hosts = tuple[str, ...]


class Around(Protocol):
    """Takes part in a run beside the hosts of the app; False says that the run must go back."""

    @property
    def reason(self) -> str:
        """Say what went wrong; "" for nothing."""
        ...

    def begin(self) -> bool:
        """Take part from now on; nothing is changed yet."""
        ...

    def before(self, batch: Hosts) -> bool:
        """Have these get no more requests; what they are at has been given its time."""
        ...

    def after(self, serving: Hosts) -> bool:
        """Have these get requests again."""
        ...

    def commit(self, serving: Hosts, broken: Hosts) -> None:
        """The run is over and these serve; the broken ones could not be put back."""
        ...

    def unwind(self, reason: str, broken: Hosts) -> None:
        """The hosts of the app have gone back, all but the broken ones; go back too."""
        ...

    def reports(self) -> tuple[HostReport, ...]:
        """Say how it ended."""
        ...


class Nothing:
    """There is no balancer."""

    reason = ""

    def begin(self) -> bool:
        return True

    def before(self, batch: Hosts) -> bool:
        return True

    def after(self, serving: Hosts) -> bool:
        return True

    def commit(self, serving: Hosts, broken: Hosts) -> None:
        return

    def unwind(self, reason: str, broken: Hosts) -> None:
        return

    def reports(self) -> tuple[HostReport, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class BalancerPlan:
    """The part of balancers in a run: their targets, and what they do when it comes to it.

    Those that change what may be put back also want to know whether it is the first change of the
    run there: what undoes that one undoes all.
    """

    plan: Plan
    leave_out: Callable[[Hosts, bool], Step]
    take_in: Callable[[Hosts, bool], Step]
    end: Callable[[Hosts, Hosts, bool], Step]
    """At the end of a run: take in who serves, and leave out who is broken."""
    keep_out: Callable[[Hosts], Step]
