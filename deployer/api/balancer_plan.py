"""The plan of balancers: their files as the inventory says, and what they do with web hosts."""

from collections.abc import Mapping
from dataclasses import replace

from deployer.api.deployment import NO_RELEASE, make_plan, refuse_bare_hosts, states, targets
from deployer.api.environment import Environment
from deployer.api.rendered_balancer import balancer_files
from deployer.core.around import BalancerPlan
from deployer.core.balance import balanced_before
from deployer.core.host_state import app_state
from deployer.core.plan import Plan
from deployer.core.step import Step, live_files
from deployer.engine.compiler import questions
from deployer.engine.session import Session
from deployer.recipes import balance as recipes


def plan_balance(at: Environment, sessions: Mapping[str, Session], steps: tuple[Step, ...]) -> Plan:
    """Put a plan together whose hosts are the balancers."""
    asked = (app_state(), balanced_before(at.inventory.app.name))
    at.on_all(sessions, lambda session: session.ask(asked))
    found = states(sessions)
    refuse_bare_hosts(at, found)
    files = balancer_files(at.inventory, at.templates)
    on = targets(at, NO_RELEASE, dict.fromkeys(sessions, live_files(files)), files)
    plan = make_plan(at, at.request.command, steps, on, found, makes_release=False)
    at.on_all(sessions, lambda one: one.ask(questions(plan.steps, plan.target(one.host))))
    return replace(plan, batches=(tuple(sessions),))


def balancer_part(at: Environment, plan: Plan) -> BalancerPlan | None:
    """Give the part of balancers in a run that switches web hosts; None when they have none."""
    if not at.balancing or plan.release is None:
        return None
    there = on_balancers(at)
    own = plan_balance(there, at.balancing, recipes.configure())
    return recipes.around(replace(own, waits=plan.waits))


def on_balancers(at: Environment) -> Environment:
    """Give the same with the balancers as its hosts."""
    hosts = tuple(host for host in at.inventory.balancer_hosts if host.name in at.balancing)
    return replace(at, hosts=hosts, balancing={})
