"""`inv rollback`: back to a release that was proven good, by a plan of its own."""

from collections.abc import Mapping
from dataclasses import replace

from deployer.api.deployment import make_plan, states, targets
from deployer.api.environment import Environment
from deployer.api.intact import refuse_damaged
from deployer.api.processes import runs_any
from deployer.api.running import Ending, run_plan
from deployer.api.whole import refuse_split
from deployer.core.host_facts import release_files
from deployer.core.host_state import AppState, ReleaseRecord, app_state
from deployer.core.plan import Plan
from deployer.core.process_units import recorded_units
from deployer.core.release import Layout, Release, ReleaseState
from deployer.core.schema_fit import schema_fit
from deployer.core.step import LiveFile, Target
from deployer.engine.compiler import questions
from deployer.engine.session import Session
from deployer.errors import NoSuchRelease
from deployer.recipes.rollback import rollback as rollback_recipe
from deployer.steps.fit_schema import backups


def rollback(at: Environment, sessions: Mapping[str, Session]) -> Ending:
    """Go back on all hosts to one release; refused when it does not fit the database."""
    return run_plan(at, sessions, plan_rollback(at, sessions))


def plan_rollback(at: Environment, sessions: Mapping[str, Session]) -> Plan:
    """Choose the release and put the plan together; raises NoSuchRelease."""
    # Nothing but the app: an unreachable repository must not stand in the way of going back.
    at.on_all(sessions, lambda one: one.ask((app_state(),)))
    found = states(sessions)
    refuse_split(at, found)
    return plan_return(at, sessions, choose_release(at, found).id)


def plan_return(
    at: Environment,
    sessions: Mapping[str, Session],
    release_id: str,
    *,
    command: str = "rollback",
    mark_bad: bool = True,
) -> Plan:
    """Put together how hosts go to a release that they have; the app's state was asked."""
    found = states(sessions)
    record = next(one for state in found.values() for one in state.releases if one.id == release_id)
    refuse_damaged(at, sessions, found, record.id)
    # One question more than is needed without processes, in the same round trip.
    asked = (release_files(record.id), recorded_units(record.id))
    at.on_all(sessions, lambda one: one.ask(asked))
    live_files = {
        host: tuple(
            LiveFile(path, digest)
            for path, digest in session.facts[release_files(record.id)].items()
        )
        for host, session in sessions.items()
    }
    release = Release(record.number, record.revision)
    on = tuple(_aware(one, found) for one in targets(at, release, live_files))
    if schema_fit(found.values(), release.id).broken:
        # Only for the hint: backups that cannot be listed must not stand in the way either.
        fact = backups(Layout(at.inventory.app.name))
        at.on_all(sessions, lambda one: one.ask((fact,), strict=False))
    brings = any(session.facts[recorded_units(record.id)] for session in sessions.values())
    steps = rollback_recipe(mark_bad=mark_bad, processes=brings or runs_any(found))
    plan = make_plan(at, command, steps, on, found)
    at.on_all(
        sessions,
        lambda one: one.ask(
            fact for fact in questions(plan.steps, plan.target(one.host)) if fact not in one.facts
        ),
    )
    return plan


def _aware(on: Target, found: Mapping[str, AppState]) -> Target:
    """Tell a target of all hosts that share its database: any of them may have migrated it."""
    return on if on.app.database.is_local else replace(on, states=tuple(found.values()))


def plan_release(plan: Plan) -> str:
    """Give the id of the release that a plan is about."""
    return plan.release.id if plan.release else ""


def choose_release(at: Environment, found: Mapping[str, AppState]) -> ReleaseRecord:
    """Take the release asked for, or the last good one before the live one, on every host."""
    wanted = at.request.to
    chosen: ReleaseRecord | None = None
    for host, state in found.items():
        record = _named(state, wanted, host) if wanted else _last_good(state, host)
        if chosen and record.id != chosen.id:
            raise NoSuchRelease(
                f"The hosts would go back to different releases: `{chosen.id}` and `{record.id}`.",
                hint=f"choose one: `inv rollback --env {at.inventory.environment} --to RELEASE`",
            )
        chosen = record
    if chosen is None:
        raise NoSuchRelease("No host was asked.", hint="check `--limit`")
    return chosen


def _named(state: AppState, wanted: str, host: str) -> ReleaseRecord:
    hint = "`inv releases` lists the good ones"
    matching = [one for one in state.releases if wanted in {one.id, str(one.number)}]
    if not matching:
        raise NoSuchRelease(f"`{host}` has no release `{wanted}`.", hint=hint)
    if matching[0].id == state.live:
        raise NoSuchRelease(f"`{matching[0].id}` is live on `{host}` already.", hint=hint)
    if matching[0].state is not ReleaseState.GOOD:
        raise NoSuchRelease(
            f"`{matching[0].id}` on `{host}` is {matching[0].state}, not good.", hint=hint
        )
    return matching[0]


def _last_good(state: AppState, host: str) -> ReleaseRecord:
    if not state.live:
        raise NoSuchRelease(
            f"Nothing is live on `{host}`, so there is nothing to go back from.",
            hint="deploy first; `inv releases` shows what there is",
        )
    record = state.previous_good()
    if record is None:
        raise NoSuchRelease(
            f"`{host}` has no good release older than the live one.",
            hint="`inv releases` shows what there is; deploy a good revision instead",
        )
    return record
