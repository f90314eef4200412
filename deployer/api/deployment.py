"""Facts of all hosts become one plan: one revision, one release number for the whole fleet."""

from collections.abc import Mapping, Sequence

from deployer.api.environment import Environment
from deployer.core.fact import Fact
from deployer.core.health import judge
from deployer.core.host_facts import mapping
from deployer.core.host_state import AppState, app_state
from deployer.core.inventory import Host
from deployer.core.order import parameters
from deployer.core.plan import Plan, batches
from deployer.core.release import Release
from deployer.core.rendered import RenderedFile
from deployer.core.rollout import Rollout
from deployer.core.step import LiveFile, Step, Target
from deployer.core.supply import Repository, Wheels
from deployer.engine.session import Session
from deployer.errors import PreflightFailed
from deployer.recipes.between import between
from deployer.recipes.settle import settle

NO_RELEASE = Release(0, "0" * 40)
"""Stands for the release of a run that makes none."""

_SWITCH = 300.0
"""Seconds that hosts are given to wait for the switch of each other batch."""


def states(sessions: Mapping[str, Session]) -> dict[str, AppState]:
    """Give how the app stands on each host; asked before."""
    return {host: session.facts[app_state()] for host, session in sessions.items()}


def leader_of(hosts: Sequence[Host]) -> str:
    """Choose the host that runs what is done once: the first with the role `migrate`."""
    return next((host.name for host in hosts if "migrate" in host.roles), hosts[0].name)


def next_release(found: Mapping[str, AppState], revision: str) -> Release:
    """Give the release to be built: its number is new on every host."""
    return Release(max(state.counter for state in found.values()) + 1, revision)


def targets(
    at: Environment,
    release: Release,
    live_files: Mapping[str, tuple[LiveFile, ...]],
    files: tuple[RenderedFile, ...] = (),
    supply: tuple[Repository | None, Wheels | None] = (None, None),
) -> tuple[Target, ...]:
    """Give the target of each host."""
    leader = leader_of(at.hosts)
    return tuple(
        Target(
            inventory=at.inventory,
            host=host,
            release=release,
            leader=host.name == leader or at.inventory.app.database.is_local,
            files=files,
            live_files=live_files[host.name],
            repository=supply[0],
            wheels=supply[1],
            allow_destructive=at.request.allow_destructive,
        )
        for host in at.hosts
    )


def make_plan(
    at: Environment,
    command: str,
    steps: tuple[Step, ...],
    on: tuple[Target, ...],
    found: Mapping[str, AppState],
    *,
    makes_release: bool = True,
) -> Plan:
    """Put together what one run will do.

    Who may fail, and who goes back, is a question of releases: of all else nobody may fail.
    """
    rollout = at.inventory.rollout if makes_release else Rollout()
    names = tuple(target.host.name for target in on)
    sizes = at.inventory.batch_sizes if makes_release else at.inventory.rollout.batches
    cut = batches(names, sizes)
    drain = at.inventory.balancer.drain if at.inventory.balancer else 0.0
    return Plan(
        run=at.run,
        command=command,
        actor=at.place.actor,
        steps=steps,
        targets=on,
        batches=cut,
        settle={host: settle(at.inventory.app, found[host]) for host in names},
        fences={host: found[host].fence for host in names},
        live={host: found[host].live for host in names},
        release=on[0].release if makes_release else None,
        rollout=rollout,
        waits=(rollout.settle + rollout.pause + drain + _SWITCH) * (len(cut) - 1),
        between=between(rollout, steps),
    )


def live_health(at: Environment, state: AppState) -> Fact[tuple[bool, str]]:
    """Ask whether the live release answers well now, by itself and through the web server."""
    app = at.inventory.app
    through_front = bool(app.web_server.front)
    check = judge(app, state.live, state.live_colour, settle=0.0, through_front=through_front)
    return Fact("health", "health", _health, parameters(check))


def _health(answer: object) -> tuple[bool, str]:
    data = mapping(answer)
    return data.get("healthy") is True, str(data.get("cause") or "")


def refuse_bare_hosts(at: Environment, found: Mapping[str, AppState]) -> None:
    """Raise PreflightFailed when `inv setup` has not been there."""
    bare = [host for host, state in found.items() if not state.set_up]
    if bare:
        raise PreflightFailed(
            f"`{', '.join(bare)}` was never set up for `{at.inventory.app.name}`.",
            hint=f"run `inv setup --env {at.inventory.environment}`",
        )
