"""`inv plan`: the plan that a command would carry out, from real facts; nothing is changed."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from deployer.api.deploy import already_live, first_facts, pinned_revision, plan_deploy
from deployer.api.deployment import states
from deployer.api.environment import Environment
from deployer.api.preview import previewed
from deployer.api.rollback import plan_release, plan_rollback
from deployer.api.standing import standing
from deployer.api.whole import refuse_split
from deployer.core.host_state import AppState
from deployer.core.migration_files import read_migration
from deployer.core.plan import Plan
from deployer.core.preview import Preview
from deployer.core.schema_fit import schema_fit
from deployer.core.supply import Commit
from deployer.engine.session import Session
from deployer.transport.repository import LocalRepository

Previewer = Callable[[Environment, Mapping[str, Session]], Preview]

_ON_THE_HOST = "decided on the host, after the code is there"


def preview_deploy(at: Environment, sessions: Mapping[str, Session]) -> Preview:
    """Say what a deploy would do, or that it is live already."""
    first_facts(at, sessions, with_revision=at.pulls)
    refuse_split(at, states(sessions))
    revision = pinned_revision(at, sessions)
    live = already_live(at, sessions, revision)
    if live is not None:
        return _nothing_to_do(at, revision, live.summary)
    for host, why in standing(states(sessions), revision):
        at.notice(f"a deploy would be refused: {why}", "warning", host)
    plan = plan_deploy(at, sessions, revision)
    news = _news(at, sessions, revision)
    shown = previewed(at, sessions, plan, news.provisional)
    return replace(shown, migrations=news.migrations, commits=news.commits)


def preview_rollback(at: Environment, sessions: Mapping[str, Session]) -> Preview:
    """Say what a rollback would do."""
    plan = plan_rollback(at, sessions)
    found = states(sessions).values()
    shown = previewed(at, sessions, plan, {})
    return replace(shown, migrations=_rollback_note(found, plan))


def _rollback_note(found: Iterable[AppState], plan: Plan) -> str:
    return schema_fit(found, plan_release(plan)).sentence.removeprefix("database: ")


def preview_of(make: Callable[[Environment, Mapping[str, Session]], Plan]) -> Previewer:
    """Say what a command with a plan and nothing else would do."""
    return lambda at, sessions: previewed(at, sessions, make(at, sessions), {})


@dataclass(frozen=True, slots=True)
class _News:
    """What the new revision brings, as far as it can be told from here."""

    migrations: str = _ON_THE_HOST
    commits: tuple[Commit, ...] | None = None
    found: tuple[Mapping[str, object], ...] | None = None

    @property
    def provisional(self) -> Mapping[str, object]:
        if self.found is None:
            return {}
        return {"check": {"migrations": {"pending": list(self.found)}}}


def _news(at: Environment, sessions: Mapping[str, Session], revision: str) -> _News:
    if at.pulls:
        return _News()
    repository = LocalRepository(at.place.folder / at.inventory.app.source.url)
    live = {
        state.live_release.revision for state in states(sessions).values() if state.live_release
    }
    if len(live) != 1:
        return _News()
    older = live.pop()
    commits = repository.log(older, revision)
    if commits is None or at.inventory.app.framework.migrate("python") is None:
        return _News(
            "none: this app has no migrations" if commits is not None else _ON_THE_HOST, commits
        )
    files = repository.new_migrations(older, revision)
    read = tuple(read_migration(file, repository.text(revision, file)) for file in files)
    names = ", ".join(str(one["name"]) for one in read)
    return _News(names or "no new ones in this revision", commits, read)


def _nothing_to_do(at: Environment, revision: str, summary: str) -> Preview:
    return Preview(
        command="deploy",
        environment=at.inventory.environment,
        app=at.inventory.app.name,
        release="",
        revision=revision,
        batches=(),
        hosts=(),
        already_live=summary,
    )
