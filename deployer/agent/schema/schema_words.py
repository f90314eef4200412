"""What became of the migrations of a run, and whether the old code fits, in one sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deployer.agent.schema.schema_question import Schema
from deployer.agent.text import fields

DONE, FAILED, CUT = "done", "failed", "cut"
"""How the program that migrates ended: well, badly, or nobody saw it."""
_VENDORS = {"postgresql": "PostgreSQL", "sqlite": "SQLite", "mysql": "MySQL"}
_MANY = 6


@dataclass(frozen=True)
class Wanted:
    """One migration that the run was to apply; `breaks` says why older code cannot bear it."""

    name: str
    breaks: str = ""
    atomic: bool = False


@dataclass(frozen=True)
class Verdict:
    """What is true of the schema now; `fits` is yes, no or unknown."""

    sentence: str
    fits: str
    applied: tuple[Wanted, ...] = ()
    half: tuple[Wanted, ...] = ()


def read_wanted(data: Mapping[str, object]) -> tuple[Wanted, ...]:
    """Read the migrations of an action."""
    return tuple(
        Wanted(fields.text(one, "name"), fields.text(one, "breaks"), fields.flag(one, "atomic"))
        for one in fields.objects(data, "pending")
    )


def judge(
    wanted: Sequence[Wanted], schema: Schema, *, ended: str, vendor: str, together: bool
) -> Verdict:
    """Compare what was wanted with what the database says that it has."""
    has = schema.applied
    if has is None and ended == DONE and not schema.error:
        has = tuple(one.name for one in wanted)  # nobody can be asked; the program says so
    if schema.error or has is None or not wanted:
        return _unknown(schema, ended)
    applied = tuple(one for one in wanted if one.name in has)
    missing = [one for one in wanted if one.name not in has]
    half = tuple(one for one in missing[:1] if not one.atomic and ended != DONE)
    parts = [f"{_listed(applied)} applied"] if applied else []
    if missing and together and not applied:
        parts.append(f"none of {_listed(missing)} applied, {_named(vendor)} has undone them")
    elif missing:
        parts.append(_stopped(missing[0], ended, vendor))
        parts += [f"{_listed(missing[1:])} not begun"] if missing[1:] else []
    fits, why = _fit(applied, half)
    sentence = f"database: {', '.join(parts)}; the old code fits: {fits}{why}{_left(schema)}"
    return Verdict(sentence, fits, applied, half)


def _unknown(schema: Schema, ended: str) -> Verdict:
    if not schema.error and ended == DONE:
        return Verdict("database: migrated; nobody can tell whether the old code fits", "unknown")
    why = schema.error or "nobody can tell which migrations it has"
    text = f"database: what is applied is unknown ({why}); the old code fits: unknown"
    return Verdict(f"{text}{_left(schema)}", "unknown")


def _stopped(one: Wanted, ended: str, vendor: str) -> str:
    if ended == DONE:
        return f"{one.name} not applied"
    if ended == FAILED and one.atomic:
        return f"{one.name} failed and was rolled back by {_named(vendor)}"
    if one.atomic:
        return f"{one.name} not applied (what was begun of it, {_named(vendor)} has rolled back)"
    how = "failed" if ended == FAILED else "was cut off or not begun,"
    return f"{one.name} {how} and may be half applied (it is not atomic)"


def _fit(applied: Sequence[Wanted], half: Sequence[Wanted]) -> tuple[str, str]:
    broken = [f"{one.name} {one.breaks}" for one in applied if one.breaks]
    if broken:
        return "no", f", because {'; '.join(broken)}"
    maybe = [f"{one.name} {one.breaks}" for one in half if one.breaks]
    if maybe:
        return "unknown", f", because {'; '.join(maybe)}"
    return "yes", ""


def _left(schema: Schema) -> str:
    return "; a session of the migration is STILL at work in it" if schema.left else ""


def _listed(some: Sequence[Wanted]) -> str:
    if len(some) > _MANY:
        return f"{some[0].name} … {some[-1].name} ({len(some)} migrations)"
    return ", ".join(one.name for one in some)


def _named(vendor: str) -> str:
    return _VENDORS.get(vendor, "the database")
