"""`inv deploy`: bring one revision to all hosts, or leave them as they were."""

from collections.abc import Mapping
from pathlib import Path

from deployer.api.balanced import refreshed
from deployer.api.deployment import leader_of, live_health, make_plan, next_release, states, targets
from deployer.api.environment import Environment
from deployer.api.left_behind import left_behind, step_back
from deployer.api.processes import runs_any, why_not_as_wanted, with_processes
from deployer.api.rendered import release_file
from deployer.api.running import Ending, run_plan
from deployer.api.standing import refuse_frozen, refuse_held
from deployer.api.whole import refuse_split
from deployer.core.fact import Fact
from deployer.core.health import probes_file
from deployer.core.host_facts import disk, python
from deployer.core.host_state import AppState, app_state
from deployer.core.plan import Plan
from deployer.core.process_units import runs_some
from deployer.core.release import Layout, Release, ReleaseState
from deployer.core.rendered import RenderedFile
from deployer.core.report import HostReport, Outcome
from deployer.core.room import places, weights
from deployer.core.step import Step
from deployer.core.supply import Wheels
from deployer.engine.compiler import questions
from deployer.engine.session import Session
from deployer.errors import NoSuchRevision
from deployer.recipes.deploy import deploy as deploy_recipe
from deployer.transport.repository import LocalRepository
from deployer.transport.wheels import LocalWheels


def deploy(at: Environment, sessions: Mapping[str, Session]) -> Ending:
    """Deploy; already live and healthy everywhere is a success with nothing to do."""
    first_facts(at, sessions, with_revision=at.pulls)
    refuse_split(at, states(sessions))
    revision = pinned_revision(at, sessions)
    live = already_live(at, sessions, revision)
    if live:
        return refreshed(at, sessions, live)
    found = states(sessions)
    refuse_held(at, found)
    refuse_frozen(at, found, revision)
    return run_plan(at, sessions, plan_deploy(at, sessions, revision))


def first_facts(
    at: Environment, sessions: Mapping[str, Session], *, with_revision: bool = False
) -> None:
    """Ask every host what decides whether there is anything to do, in one round trip.

    With `with_revision` the leader also asks the forge, which a rollback must never need.
    """
    layout = Layout(at.inventory.app.name)
    leader = leader_of(at.hosts)

    def ask(session: Session) -> None:
        host = at.inventory.hosts[session.host]
        asked: list[Fact[object]] = [
            app_state(),
            disk(places(layout)),
            weights(layout),
            python(host.python or at.inventory.app.python),
        ]
        if session.host == leader and with_revision:
            asked.append(remote_revision(at))
        session.ask(asked)

    at.on_all(sessions, ask)


def pinned_revision(at: Environment, sessions: Mapping[str, Session]) -> str:
    """Give the commit that the whole fleet gets; raises NoSuchRevision."""
    wanted = at.revision
    if not at.pulls:
        repository = _repository(at)
        found = repository.resolve(wanted)
        for text in left_behind(repository, at.request.revision, wanted, found):
            at.notice(text, "warning")
        return found
    leader = leader_of(at.hosts)
    found = sessions[leader].facts[remote_revision(at)]
    if not found:
        raise NoSuchRevision(
            f"`{at.inventory.app.source.url}` has no `{wanted}` that `{leader}` can see.",
            hint="check the name; `inv setup` prints the key that must be allowed to read it",
        )
    return found


def already_live(at: Environment, sessions: Mapping[str, Session], revision: str) -> Ending | None:
    """End early when every host serves this revision with this configuration, healthily."""
    found = states(sessions)
    if at.request.force or not all(_is_live(at, state, revision) for state in found.values()):
        return None
    at.on_all(sessions, lambda session: session.ask((live_health(at, found[session.host]),)))
    for host, session in sessions.items():
        healthy, cause = session.facts[live_health(at, found[host])]
        if not healthy:
            at.notice(f"{revision[:7]} is live but not healthy: {cause}", "warning", host)
            return None
        wrong = why_not_as_wanted(at.inventory, host, found[host])
        if wrong:
            at.notice(f"{revision[:7]} is live, but {wrong}", "warning", host)
            return None
    reports = tuple(HostReport(host, Outcome.UNCHANGED, found[host].live) for host in sessions)
    live = next(iter(found.values())).live_release
    release = Release(live.number, live.revision) if live else None
    summary = f"already live: {live.id if live else revision} is healthy on {', '.join(sessions)}"
    return Ending(reports, summary, release=release)


def same_as_the_others(
    at: Environment, found: Mapping[str, AppState], revision: str
) -> Release | None:
    """Give the release that hosts which did not fail have, if these can get it; else None."""
    others = at.others
    if others is None or others.revision != revision:
        return None
    for state in found.values():
        known = state.release(others.id)
        taken = any(one.number == others.number and one.id != others.id for one in state.releases)
        if taken or (known and known.state in {ReleaseState.GOOD, ReleaseState.LIVE}):
            return None
    return others


def plan_deploy(
    at: Environment,
    sessions: Mapping[str, Session],
    revision: str,
    *,
    command: str = "deploy",
    again: Release | None = None,
) -> Plan:
    """Ask the rest of the facts and put the plan together; `again` is a release to build anew."""
    found = states(sessions)
    steps = _steps(at, found)
    repository = None if at.pulls else _repository(at)
    _tell_step_back(at, repository, found, revision)
    supply = (repository, _wheels(at))
    live_files = dict.fromkeys(sessions, at.live_files)
    release = again or same_as_the_others(at, found, revision) or next_release(found, revision)
    app = at.inventory.app
    files = (*at.rendered, release_file(app, release.id), probes_file(app), digest_file(at))
    on = tuple(map(with_processes, targets(at, release, live_files, files, supply)))
    plan = make_plan(at, command, steps, on, found)
    at.on_all(sessions, lambda one: one.ask(_unasked(one, plan)))
    return plan


def _steps(at: Environment, found: Mapping[str, AppState]) -> tuple[Step, ...]:
    app = at.inventory.app
    stops_first = any(process.stop_before_migrate for process in app.processes.values())
    return deploy_recipe(processes=runs_some(app) or runs_any(found), stops_first=stops_first)


def _tell_step_back(
    at: Environment,
    repository: LocalRepository | None,
    found: Mapping[str, AppState],
    revision: str,
) -> None:
    if repository is None:
        return
    live = (state.live_release.revision for state in found.values() if state.live_release)
    for text in step_back(repository, live, revision):
        at.notice(text, "warning")


def digest_file(at: Environment) -> RenderedFile:
    """Give the file by which a later deploy sees that the configuration is the same."""
    content = f"{at.config_digest}\n".encode()
    return RenderedFile("digest", "digest", content, mode=0o600, scope="release")


def _unasked(session: Session, plan: Plan) -> list[Fact[object]]:
    asked = questions(plan.steps, plan.target(session.host))
    return [fact for fact in asked if fact not in session.facts]


def _is_live(at: Environment, state: AppState, revision: str) -> bool:
    live = state.live_release
    return (
        live is not None
        and live.revision == revision
        and state.config_digest == at.config_digest
        and not state.open_run
        and state.broken is None
    )


def _repository(at: Environment) -> LocalRepository:
    return LocalRepository(at.place.folder / at.inventory.app.source.url)


def _wheels(at: Environment) -> Wheels | None:
    folder = at.inventory.app.installer.wheelhouse
    return LocalWheels(at.place.folder / Path(folder).expanduser()) if folder else None


def remote_revision(at: Environment) -> Fact[str]:
    """Ask which commit the wanted revision is, as the host sees the forge; "" for none."""
    source = at.inventory.app.source
    return Fact(
        "remote_revision",
        "remote_revision",
        lambda answer: answer if isinstance(answer, str) else "",
        {"url": source.url, "revision": at.revision},
    )
