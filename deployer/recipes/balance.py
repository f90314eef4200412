"""What balancers do: by hand, and around the switch of web hosts."""

from collections.abc import Iterable

from deployer.core.around import BalancerPlan, Hosts
from deployer.core.balance import BY_HAND, IN_A_RUN, NOT_PUT_BACK
from deployer.core.plan import Plan
from deployer.core.step import Step
from deployer.steps.balance import Balance, ConfigureBalancer, KeepOut


def drain(host: str) -> tuple[Step, ...]:
    """Leave a host out until somebody takes it in again."""
    return (ConfigureBalancer(), Balance("drain", {host: BY_HAND}, by_hand=True))


def undrain(host: str) -> tuple[Step, ...]:
    """Take a host in again."""
    return (ConfigureBalancer(), Balance("undrain", {}, (host,), by_hand=True))


def refresh(serving: Iterable[str]) -> tuple[Step, ...]:
    """Bring balancers what the inventory says; these hosts serve well."""
    return (ConfigureBalancer(), Balance("balance", {}, serving))


def configure() -> tuple[Step, ...]:
    """Write and test files that may go live later."""
    return (ConfigureBalancer(),)


def around(plan: Plan) -> BalancerPlan:
    """Say what is done around each batch."""

    def leave_out(batch: Hosts, first: bool) -> Step:  # noqa: FBT001  it is a Callable's
        return Balance("drain", dict.fromkeys(batch, IN_A_RUN), undoes=first)

    def take_in(serving: Hosts, first: bool) -> Step:  # noqa: FBT001  it is a Callable's
        return Balance("undrain", {}, serving, undoes=first)

    def end(serving: Hosts, broken: Hosts, first: bool) -> Step:  # noqa: FBT001  as above
        return Balance("undrain", dict.fromkeys(broken, NOT_PUT_BACK), serving, undoes=first)

    return BalancerPlan(plan, leave_out, take_in, end, KeepOut)
