"""`inv rollback`: back to a release that was proven good, by a plan of its own."""

from collections.abc import Iterable, Mapping

from deployer.api.deployment import make_plan, states, targets
from deployer.api.environment import Environment
from deployer.api.intact import refuse_damaged
from deployer.api.running import Ending, run_plan
from deployer.core.host_facts import release_files
from deployer.core.host_state import AppState, ReleaseRecord, app_state
from deployer.core.plan import Plan
from deployer.core.release import Release, ReleaseState
from deployer.core.step import LiveFile
from deployer.engine.compiler import questions
from deployer.engine.session import Session
from deployer.errors import NoSuchRelease
from deployer.recipes.rollback import rollback as rollback_recipe


def rollback(at: Environment, sessions: Mapping[str, Session]) -> Ending:
    """Go back on all hosts to one release; says what the older code thinks of the database."""
    plan = plan_rollback(at, sessions)
    at.notice(schema_sentence(states(sessions).values(), plan_release(plan)))
    return run_plan(at, sessions, plan)


def plan_rollback(at: Environment, sessions: Mapping[str, Session]) -> Plan:
    """Choose the release and put the plan together; raises NoSuchRelease."""
    # Nothing but the app: an unreachable repository must not stand in the way of going back.
    at.on_all(sessions, lambda one: one.ask((app_state(),)))
    found = states(sessions)
    record = choose_release(at, found)
    refuse_damaged(at, sessions, found, record.id)
    at.on_all(sessions, lambda one: one.ask((release_files(record.id),)))
    live_files = {
        host: tuple(
            LiveFile(path, digest)
            for path, digest in session.facts[release_files(record.id)].items()
        )
        for host, session in sessions.items()
    }
    release = Release(record.number, record.revision)
    plan = make_plan(at, "rollback", rollback_recipe(), targets(at, release, live_files), found)
    at.on_all(
        sessions,
        lambda one: one.ask(
            fact for fact in questions(plan.steps, plan.target(one.host)) if fact not in one.facts
        ),
    )
    return plan


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


def schema_sentence(found: Iterable[AppState], target: str) -> str:
    """Say whether older code fits the migrations that newer releases have applied, on any host."""
    applied = _migrations_since(found, target)
    if not applied:
        return "database: untouched; no migration was applied since that release"
    names = "; ".join(applied)
    if all(one.startswith("additive") for one in applied):
        return f"database: untouched; the older code is compatible, migrations since: {names}"
    return (
        f"database: untouched, and the older code may NOT fit it: migrations since: {names}; "
        "look at them before you trust the site"
    )


def _migrations_since(found: Iterable[AppState], target: str) -> tuple[str, ...]:
    # Only the host that migrated has recorded it.
    since: dict[tuple[int, str], None] = {}
    for state in found:
        older = state.release(target)
        for one in state.releases:
            if older and one.number > older.number and one.migrations:
                since[one.number, one.migrations] = None
    return tuple(migrations for _, migrations in sorted(since))


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
