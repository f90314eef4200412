"""`inv backup` and `inv prune`: small plans beside the deploy; no release is made."""

from collections.abc import Mapping

from deployer.api.deployment import NO_RELEASE, make_plan, refuse_bare_hosts, states, targets
from deployer.api.environment import Environment
from deployer.api.request import BackupRequest
from deployer.api.restoring import check_name
from deployer.api.running import Ending, run_plan
from deployer.core.fact import Fact
from deployer.core.host_facts import release_files
from deployer.core.host_state import AppState, app_state
from deployer.core.plan import Plan
from deployer.core.report import HostReport, Outcome
from deployer.core.restoring import Choice
from deployer.core.step import LiveFile, Step
from deployer.engine.compiler import questions
from deployer.engine.session import Session
from deployer.errors import UsageError
from deployer.recipes import upkeep
from deployer.recipes.restore import restore_test


def backup(at: Environment, sessions: Mapping[str, Session]) -> Ending:
    """Back up what is live on every host; nothing live is nothing to back up."""
    plan = plan_backup(at, sessions)
    if not any(plan.live.values()):
        reports = tuple(HostReport(host, Outcome.UNCHANGED) for host in sessions)
        return Ending(reports, "nothing is live yet, so there is nothing to back up")
    return run_plan(at, sessions, plan)


def prune(at: Environment, sessions: Mapping[str, Session]) -> Ending:
    """Remove what retention does not keep."""
    return run_plan(at, sessions, plan_prune(at, sessions))


def plan_backup(at: Environment, sessions: Mapping[str, Session]) -> Plan:
    """Put a backup together."""
    return plan_for(at, sessions, "backup", _backup_steps(at))


def plan_prune(at: Environment, sessions: Mapping[str, Session]) -> Plan:
    """Put a prune together."""
    return plan_for(at, sessions, "prune", upkeep.prune())


def _backup_steps(at: Environment) -> tuple[Step, ...]:
    """Choose what a backup by hand does; raises UsageError."""
    asked = at.request if isinstance(at.request, BackupRequest) else BackupRequest("backup")
    chosen = asked.backup
    if chosen and not asked.restore_test:
        raise UsageError(
            f"`--backup {chosen[:80]}` is for `--restore-test`.",
            hint=f"`inv backups --verify --backup {chosen[:80]}` reads one that is there",
        )
    if not asked.restore_test:
        return upkeep.backup(verify=asked.verify)
    newest = chosen in ("", "newest")
    if not newest:
        check_name(chosen, at.inventory.app.name)
    test = restore_test(Choice("" if newest else chosen, database=True, shared=True))
    return test if chosen else (*upkeep.backup(verify=asked.verify), *test)


def plan_for(
    at: Environment, sessions: Mapping[str, Session], command: str, steps: tuple[Step, ...]
) -> Plan:
    """Put a plan together that makes no release."""
    at.on_all(sessions, lambda session: session.ask((app_state(),)))
    found = states(sessions)
    refuse_bare_hosts(at, found)
    at.on_all(sessions, lambda session: session.ask(_live_files(found[session.host])))
    files = {host: _files_of(session, found[host]) for host, session in sessions.items()}
    on = targets(at, NO_RELEASE, files)
    plan = make_plan(at, command, steps, on, found, makes_release=False)
    at.on_all(
        sessions,
        lambda one: one.ask(
            fact for fact in questions(plan.steps, plan.target(one.host)) if fact not in one.facts
        ),
    )
    return plan


def _live_files(state: AppState) -> tuple[Fact[object], ...]:
    return (release_files(state.live),) if state.live else ()


def _files_of(session: Session, state: AppState) -> tuple[LiveFile, ...]:
    if not state.live:
        return ()
    found = session.facts[release_files(state.live)]
    return tuple(LiveFile(path, digest) for path, digest in found.items())
