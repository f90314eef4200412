"""Commands that switch web hosts behind a balancer of ours: it is connected to, and takes part."""

from collections.abc import Mapping
from dataclasses import replace

from deployer.api.balancer_plan import on_balancers, plan_balance
from deployer.api.environment import Environment
from deployer.api.hooks import take_in_again
from deployer.api.perform import UseCase, executor, with_sessions
from deployer.api.running import Ending, run_plan
from deployer.api.sessions import address
from deployer.core.plan import Plan, batches
from deployer.core.step import Phase
from deployer.engine.compiler import compile_phase
from deployer.engine.session import Session
from deployer.errors import UsageError
from deployer.recipes import balance as recipes


def connect(at: Environment, use_case: UseCase) -> Ending:
    """Connect to the hosts and to all balancers, then do the use case with the hosts."""
    checked(at)
    take_in_again(at)
    balancers = {host.name for host in at.inventory.balancer_hosts}
    hosts = (*at.hosts, *at.inventory.balancer_hosts)
    addresses = tuple(address(at.inventory, host) for host in hosts)

    def beside(here: Environment, sessions: Mapping[str, Session]) -> Ending:
        balancing = {host: one for host, one in sessions.items() if host in balancers}
        web = {host: one for host, one in sessions.items() if host not in balancers}
        return use_case(replace(here, balancing=balancing), web)

    with executor(at) as transport:
        return with_sessions(at, transport, addresses, beside)


def checked(at: Environment) -> Environment:
    """Give it back; raises UsageError when a batch would leave no host that gets requests."""
    web = {host.name for host in at.inventory.web_hosts}
    if at.inventory.balancer is None or len(web) == 1:
        return at
    names = tuple(host.name for host in at.hosts)
    for batch in batches(names, at.inventory.batch_sizes):
        if web <= set(batch):
            raise UsageError(
                f"One batch has all web hosts ({', '.join(batch)}): while it is changed, the "
                "balancer could send requests to nobody.",
                hint="make batches smaller: `rollout: {batches: [1]}`, or leave them out",
            )
    return at


def refreshed(at: Environment, sessions: Mapping[str, Session], live: Ending) -> Ending:
    """Bring balancers what the inventory says when the app itself needs nothing."""
    if not at.balancing:
        return live
    there = on_balancers(at)
    plan = plan_balance(there, at.balancing, recipes.refresh(sessions))
    if not _changes(plan, at.balancing):
        return live
    ended = run_plan(there, at.balancing, plan)
    summary = f"{live.summary}; {ended.summary}"
    return replace(ended, hosts=(*live.hosts, *ended.hosts), summary=summary)


def _changes(plan: Plan, sessions: Mapping[str, Session]) -> bool:
    steps = plan.steps_of(Phase.PUBLISH)
    return any(
        compile_phase(Phase.PUBLISH, steps, plan.target(host), session.facts).order.steps
        for host, session in sessions.items()
    )
