"""Whether the code of an older release fits the schema that newer ones have left."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from deployer.core.fact import Fact
from deployer.core.host_facts import mapping
from deployer.core.host_state import AppState
from deployer.core.schema_run import Applied


@dataclass(frozen=True, slots=True)
class Answered:
    """What the older release says: what is applied (None: who knows), what it does not know."""

    applied: tuple[str, ...] | None = None
    strangers: tuple[str, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class SchemaFit:
    """`fits` is yes, no or unknown; `broken` are the migrations that the older code cannot bear."""

    fits: str
    sentence: str
    broken: tuple[Applied, ...] = field(default=())


def schema_answer() -> Fact[Answered]:
    """Read what the step `ask_schema` of this run heard."""
    return Fact("schema", "", parse_answer)


def parse_answer(answer: object) -> Answered:
    """Read the kept result of an AskSchema action."""
    data = mapping(answer)
    applied, error = data.get("applied"), data.get("error")
    return Answered(
        applied=_texts(applied) if isinstance(applied, list) else None,
        strangers=_texts(data.get("strangers")),
        error=error if isinstance(error, str) else "",
    )


def schema_fit(found: Iterable[AppState], target: str, answer: Answered | None = None) -> SchemaFit:
    """Put together what was recorded since a release and what that release says itself."""
    heard = answer or Answered()
    states = tuple(found)
    newer = [one for one in _newer(states, target).values() if _is_there(one, heard)]
    recorded = {one.name for state in states for run in state.schema_runs for one in run.all}
    # What was there when the release was proven good, it can live with.
    strange = [name for name in heard.strangers if name not in recorded]
    broken = tuple(one for one in newer if one.breaks and not one.half)
    doubts = [f"{one.name} may be half applied: {one.breaks}" for one in newer if one.half]
    doubts += [f"nobody has recorded what {name} does" for name in strange]
    doubts += [f"nobody has recorded what {one.name} does" for one in newer if not one.known]
    if broken:
        why = "; ".join(f"{one.name} {one.breaks}" for one in broken)
        return SchemaFit("no", f"{_UNTOUCHED}the older code fits: no, because {why}", broken)
    if doubts:
        why = "; ".join(doubts)
        return SchemaFit("unknown", f"{_UNTOUCHED}the older code fits: unknown, because {why}")
    if not newer:
        return SchemaFit("yes", f"{_UNTOUCHED}no migration was applied since that release")
    names = ", ".join(one.name for one in newer)
    return SchemaFit("yes", f"{_UNTOUCHED}the older code fits: yes, migrations since: {names}")


_UNTOUCHED = "database: untouched; "


def _newer(states: tuple[AppState, ...], target: str) -> Mapping[str, Applied]:
    since: dict[str, Applied] = {}
    for state in states:
        older = state.release(target)
        if older is None:
            continue
        for run in state.schema_runs:
            if run.number > older.number:
                since.update((one.name, one) for one in run.all)
        told = {run.release for run in state.schema_runs}
        for record in state.releases:
            if record.number > older.number and record.migrations and record.id not in told:
                since.update((one.name, one) for one in _noted(record.migrations))
    return since


def _noted(migrations: str) -> tuple[Applied, ...]:
    """Read what a release's record says of migrations, when nothing better was kept."""
    kind, _, names = migrations.partition(": ")
    listed = names.partition(" (")[0].split() or ["its migration"]
    return tuple(Applied(name, known=kind == "additive") for name in listed)


def _is_there(one: Applied, heard: Answered) -> bool:
    return one.half or heard.applied is None or one.name in heard.applied


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, list) else ()
