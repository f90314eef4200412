"""`inv drain` and `inv undrain`: leave a web host out of the balancer by hand, or take it in."""

from collections.abc import Mapping
from dataclasses import replace

from deployer.adapters.balancers.hooks import HooksBalancer
from deployer.api.balancer_plan import plan_balance
from deployer.api.environment import Environment
from deployer.api.hooks import drain_by_hand, hooks_of, left_out, undrain_by_hand
from deployer.api.perform import UseCase, transport_for, with_sessions
from deployer.api.request import DrainRequest
from deployer.api.running import Ending, run_plan
from deployer.api.sessions import address
from deployer.core.balance import BY_HAND, balanced
from deployer.core.plan import Plan
from deployer.core.report import HostReport, Outcome
from deployer.engine.session import Session
from deployer.errors import PreflightFailed, UsageError
from deployer.recipes import balance as recipes


def connect(at: Environment, use_case: UseCase) -> Ending:
    """Connect to the balancers instead of the hosts that run the app; hooks need no connection."""
    hooks = hooks_of(at)
    if hooks is not None:
        return _by_hook(at, hooks)
    there = on_balancers(at)
    addresses = tuple(address(there.inventory, host) for host in there.hosts)
    return with_sessions(there, transport_for(there), addresses, use_case)


def on_balancers(at: Environment) -> Environment:
    """Give the same with the balancers as hosts; raises UsageError for a wrong `--host`."""
    if not at.inventory.balancer_hosts:
        raise UsageError(
            "The inventory has no balancer with hosts.",
            hint="name one: `balancer: {kind: nginx}` and a host with `roles: [balancer]`",
        )
    _check_host(at)
    return replace(at, hosts=at.inventory.balancer_hosts)


def _check_host(at: Environment) -> str:
    wanted, known = _host(at), tuple(host.name for host in at.inventory.web_hosts)
    if wanted not in known:
        raise UsageError(
            f"`--host {wanted[:80]}` is no web host." if wanted else "`--host` is missing.",
            hint=f"name one of {', '.join(known)}",
        )
    return wanted


def _by_hook(at: Environment, hooks: HooksBalancer) -> Ending:
    host = _check_host(at)
    drains = at.request.command == "drain"
    out = {**left_out(at).read(), host: BY_HAND}
    if drains and all(one.name in out for one in at.inventory.web_hosts):
        raise PreflightFailed(
            f"The balancer sends requests to no other host than `{host}`.",
            hint=f"take another one in first: `inv undrain --host HOST --env "
            f"{at.inventory.environment}`",
        )
    cause = (drain_by_hand if drains else undrain_by_hand)(at, hooks, host)
    outcome = Outcome.ABORTED if cause else Outcome.COMMITTED
    report = HostReport(host, outcome, step=at.request.command, cause=cause)
    return Ending((report,), cause or _done(at))


def drain(at: Environment, sessions: Mapping[str, Session]) -> Ending:
    """Have every balancer leave the host out, once what it has begun is done."""
    return _told(at, run_plan(at, sessions, plan_drain(at, sessions)))


def undrain(at: Environment, sessions: Mapping[str, Session]) -> Ending:
    """Have every balancer send requests to the host again."""
    return _told(at, run_plan(at, sessions, plan_undrain(at, sessions)))


def _told(at: Environment, ending: Ending) -> Ending:
    return replace(ending, summary=_done(at)) if ending.outcome is Outcome.COMMITTED else ending


def _done(at: Environment) -> str:
    drains = at.request.command == "drain"
    what = "gets no requests until `inv undrain`" if drains else "gets requests again"
    return f"{_host(at)} {what}"


def plan_drain(at: Environment, sessions: Mapping[str, Session]) -> Plan:
    """Put the plan together; raises PreflightFailed for the last host that gets requests."""
    host = _host(at)
    plan = plan_balance(at, sessions, recipes.drain(host))
    for balancer, session in sessions.items():
        known = session.facts[balanced(at.inventory.app.name)].hosts
        if not any(known.get(one.name) == "" for one in at.inventory.web_hosts if one.name != host):
            raise PreflightFailed(
                f"`{balancer}` sends requests to no other host than `{host}`.",
                hint=f"take another one in first: `inv undrain --host HOST --env "
                f"{at.inventory.environment}`",
            )
    return plan


def plan_undrain(at: Environment, sessions: Mapping[str, Session]) -> Plan:
    """Put the plan together."""
    return plan_balance(at, sessions, recipes.undrain(_host(at)))


def _host(at: Environment) -> str:
    return at.request.host if isinstance(at.request, DrainRequest) else ""
