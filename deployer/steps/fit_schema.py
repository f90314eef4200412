"""Go back only to code that can live with the schema, unless somebody insists."""

from collections.abc import Mapping
from datetime import UTC, datetime

from deployer.core.fact import Fact, Facts
from deployer.core.host_facts import mapping
from deployer.core.host_state import app_state
from deployer.core.release import Layout
from deployer.core.schema_fit import Answered, SchemaFit, schema_answer, schema_fit
from deployer.core.step import Notice, Passed, Phase, Refuse, Scope, Target, Work


class FitSchema:
    """Say whether the older code fits the database; refuse when it is known not to."""

    name = "fit_schema"
    phase = Phase.PUBLISH
    scope = Scope.ONCE

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        return (app_state(), schema_answer())

    def do(self, on: Target, facts: Facts) -> Work:
        heard = facts[schema_answer()] if schema_answer() in facts else Answered()
        found = schema_fit(on.states or (facts[app_state()],), on.release.id, heard)
        if found.broken and not on.allow_destructive:
            known: tuple[Mapping[str, object], ...] = ()
            if backups(on.layout) in facts:
                known = facts[backups(on.layout)]
            return Refuse(found.sentence, _way_back(on, found, known))
        level = "info" if found.fits == "yes" else "warning"
        return Passed(f"the older code fits: {found.fits}", (Notice(found.sentence, level),))

    def undo(self, on: Target, facts: Facts) -> tuple[()]:
        return ()


def backups(layout: Layout) -> Fact[tuple[Mapping[str, object], ...]]:
    """Ask which backups there are; may be asked beforehand, for the hint of a refusal."""
    return Fact("backups", "backups", _listed, {"folder": layout.backups})


def _listed(answer: object) -> tuple[Mapping[str, object], ...]:
    return tuple(mapping(one) for one in answer) if isinstance(answer, list) else ()


def _way_back(on: Target, found: SchemaFit, known: tuple[Mapping[str, object], ...]) -> str:
    """Give the commands that go back all the same, and what each of them costs."""
    env = on.inventory.environment
    insist = f"`inv rollback --env {env} --allow-destructive` goes back with the schema as it is"
    first = min(found.broken, key=lambda one: one.time)
    of_run = [one for one in known if one.get("run") == first.run]
    before = [one for one in known if _created(one) <= first.time]
    chosen = max(of_run or before, key=_created, default=None)
    if chosen is None:
        return f"deploy code that fits the schema; {insist}"
    made = datetime.fromtimestamp(_created(chosen), UTC).strftime("%Y-%m-%d %H:%M:%S")
    restore = f"`inv restore --env {env} --backup {chosen.get('name')} --database`"
    return (
        f"deploy code that fits the schema; or {restore} puts the database back, and loses all "
        f"that was written since {made} UTC; {insist}"
    )


def _created(backup: Mapping[str, object]) -> float:
    value = backup.get("created")
    return float(value) if isinstance(value, int | float) else 0.0
