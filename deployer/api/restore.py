"""`inv restore`: a backup becomes live again, after the present state was saved."""

from collections.abc import Mapping
from dataclasses import replace

from deployer.api.deployment import states
from deployer.api.environment import Environment
from deployer.api.perform import UseCase, transport_for, with_sessions
from deployer.api.processes import runs_any
from deployer.api.request import RestoreRequest
from deployer.api.restoring import (
    Stored,
    check_name,
    check_time,
    fitting_code,
    holds,
    lost,
    same_minute,
    stored,
)
from deployer.api.running import Ending, run_plan
from deployer.api.sessions import address
from deployer.api.upkeep import plan_for
from deployer.core.fact import Fact
from deployer.core.host_facts import mapping
from deployer.core.host_state import app_state
from deployer.core.inventory import Host
from deployer.core.plan import Plan
from deployer.core.release import Layout
from deployer.core.report import Outcome
from deployer.core.restoring import Choice
from deployer.engine.session import Session
from deployer.errors import Declined, UsageError
from deployer.recipes.restore import restore as recipe


def connect(at: Environment, use_case: UseCase) -> Ending:
    """Choose the hosts, refuse wrong words, and only then open connections."""
    request = _request(at)
    check_name(request.backup, at.inventory.app.name)
    if request.lost_since:
        check_time(request.lost_since)
    narrowed = replace(at, hosts=hosts_for(at, request))
    addresses = tuple(address(at.inventory, host) for host in narrowed.hosts)
    return with_sessions(narrowed, transport_for(at), addresses, use_case)


def restore(at: Environment, sessions: Mapping[str, Session]) -> Ending:
    """Say what will be lost, ask, and restore."""
    request = _request(at)
    source = source_of(at, request)
    at.on_all(sessions, lambda one: one.ask((app_state(),)))
    backup = _backup(at, sessions[source], request.backup)
    state = sessions[source].facts[app_state()]
    for line in holds(backup):
        at.notice(line)
    refuse_choice(backup, request, state.live)
    at.notice(fitting_code(backup, state))
    at.notice(lost(backup, at.place.clock.now().timestamp()), "warning")
    at.notice(
        f"the app will be down for some seconds on {', '.join(sessions)}, at the swap", "warning"
    )
    ask(at, backup)
    ending = run_plan(at, sessions, plan_restore(at, sessions))
    if ending.outcome is not Outcome.COMMITTED:
        return ending
    return replace(ending, summary=_summary(at, sessions, backup))


def plan_restore(at: Environment, sessions: Mapping[str, Session]) -> Plan:
    """Put a restore together: one host restores, all of them stop for the swap."""
    request = _request(at)
    check_name(request.backup, at.inventory.app.name)
    source = source_of(at, request)
    choice = Choice(request.backup, database=request.database, shared=request.shared)
    at.on_all(sessions, lambda session: session.ask((app_state(),)))
    steps = recipe(choice, processes=runs_any(states(sessions)))
    plan = plan_for(at, sessions, "restore", steps)
    on = tuple(replace(target, leader=target.host.name == source) for target in plan.targets)
    return replace(plan, targets=on, batches=(tuple(target.host.name for target in on),))


def source_of(at: Environment, request: RestoreRequest) -> str:
    """Give the host whose backup is taken: the one named, or the one that leads."""
    if request.host:
        return request.host
    return next((host.name for host in at.hosts if "migrate" in host.roles), at.hosts[0].name)


def hosts_for(at: Environment, request: RestoreRequest) -> tuple[Host, ...]:
    """Give the hosts that take part; what each host has of its own is restored on one of them."""
    app = at.inventory.app
    names = [host.name for host in at.hosts]
    if request.host and request.host not in names:
        raise UsageError(
            f"There is no host `{request.host}` in `{at.inventory.environment}`.",
            hint=f"its hosts: {', '.join(names)}",
        )
    per_host = request.shared or app.database.is_local or not request.database
    if per_host and len(names) > 1 and not request.host:
        raise UsageError(
            "Each host has shared files (and an SQLite file) of its own, so one has to be named.",
            hint=f"add `--host`: {', '.join(names)}",
        )
    if request.database and not app.database.is_local:
        return at.hosts  # all of them use it, so all of them stop
    return tuple(host for host in at.hosts if request.host in ("", host.name))


def _backup(at: Environment, session: Session, name: str) -> Stored:
    folder = Layout(at.inventory.app.name).backups
    fact = Fact("backups", "backups", lambda answer: answer, {"folder": folder})
    session.ask((fact,))
    listed = session.facts[fact]
    for one in map(mapping, listed if isinstance(listed, list) else []):
        if one.get("name") == name and one.get("verified") is True:
            return stored(session.host, one)
    raise UsageError(
        f"`{session.host}` has no verified backup `{name}`.",
        hint=f"`inv backups --env {at.inventory.environment}` lists them",
    )


def refuse_choice(backup: Stored, request: RestoreRequest, live: str) -> None:
    """Refuse parts that were not chosen, or are not in the backup; raises UsageError."""
    if not request.database and not request.shared:
        raise UsageError(
            "Say what is to be restored; nothing was changed.", hint="add --database, --shared"
        )
    if request.database and not backup.database:
        raise UsageError(f"`{backup.name}` holds no database.", hint="choose another backup")
    if request.shared and not backup.shared:
        raise UsageError(f"`{backup.name}` holds no shared files.", hint="choose another backup")
    if not live:
        raise UsageError(
            f"Nothing is live on `{backup.host}`, so nobody knows its database.",
            hint="deploy first, then restore",
        )


def ask(at: Environment, backup: Stored) -> None:
    """Want the backup's own time, or its name typed; `--yes` is not enough, whatever it is for."""
    request = _request(at)
    flag = f'--yes-i-lose-writes-since "{backup.minute}"'
    if request.lost_since:
        if same_minute(request.lost_since, backup):
            return
        raise Declined(
            f"`{backup.name}` was begun at {backup.minute} UTC, not at `{request.lost_since}`; "
            "nothing was changed.",
            hint=f"if you mean this backup, say {flag}",
        )
    if at.place.ask is None or request.output == "json":
        raise Declined(
            "A restore loses writes, and there is nobody to ask; `--yes` is not enough.",
            hint=f"if you mean it, add {flag}",
        )
    app = at.inventory.app.name
    try:
        answer = at.place.ask(f"restore {backup.name} ({backup.minute} UTC)? type {app}: ")
    except (EOFError, OSError):
        answer = ""
    if answer.strip() not in (app, backup.name):
        raise Declined("Not confirmed; nothing was changed.", hint=f"type `{app}` to go on")


def _summary(at: Environment, sessions: Mapping[str, Session], backup: Stored) -> str:
    """Say where everything is now."""
    source = source_of(at, _request(at))
    facts = sessions[source].facts
    kept = mapping(mapping(facts.answers.get("restored")).get("kept"))
    before = mapping(facts.answers.get("backup")).get("name", "")
    lines = [f"{backup.name} is live again on {', '.join(sessions)}; down for {_down(sessions)}"]
    for what, told in kept.items():
        one = mapping(told)
        if one.get("name"):
            lines.append(
                f"old {what}: {one['name']}; when you are sure, remove it: {one['removal']}"
            )
    lines.append(f"what it was before is also in the backup {before}")
    return "\n".join(lines)


def _down(sessions: Mapping[str, Session]) -> str:
    times = [_seconds_down(session) for session in sessions.values()]
    return f"{max(times):.1f} s"


def _seconds_down(session: Session) -> float:
    began, ended = (session.facts.answers.get(key) for key in ("paused", "resumed"))
    if isinstance(began, int | float) and isinstance(ended, int | float):
        return max(0.0, ended - began)
    return 0.0


def _request(at: Environment) -> RestoreRequest:
    if not isinstance(at.request, RestoreRequest):
        raise TypeError
    return at.request
