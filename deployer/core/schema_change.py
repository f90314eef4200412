"""What one operation of a migration does to a schema, and whether running code can bear it.

A change is data that a probe made on the host from the framework's own operations: `do` says what,
the other keys say to which table and column. The rules are in docs/guides/migrations.md.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from deployer.core.column_types import Fit, fit

Change = Mapping[str, object]


class Kind(StrEnum):
    """What a migration means for code that does not know it."""

    NONE = "none"
    ADDITIVE = "additive"
    DESTRUCTIVE = "destructive"


@dataclass(frozen=True, slots=True)
class Judged:
    """One change in words; `why` says how it breaks older code, `lock` whom it keeps waiting."""

    words: str
    kind: Kind = Kind.ADDITIVE
    why: str = ""
    lock: str = ""
    unknown: bool = False


@dataclass
class Known:
    """What the migrations before have made: code that runs now has never heard of it."""

    tables: set[str] = field(default_factory=set)
    columns: set[tuple[str, str]] = field(default_factory=set)

    def remember(self, change: Change, *, is_new: bool) -> None:
        """Add what a change makes, or calls otherwise."""
        do, table, to = (_text(change, key) for key in ("do", "table", "to"))
        if do == "create_table":
            self.tables.add(table)
        elif do == "rename_table" and is_new:
            self.tables.add(to)
        elif do == "add_column":
            self.columns.add((table, _text(change, "column")))
        elif do == "rename_column" and is_new:
            self.columns.add((table, to))


def judge(change: Change, known: Known, vendor: str) -> Judged:
    """Judge one change after those that `known` remembers; adds what this one makes."""
    table, column = _text(change, "table"), _text(change, "column")
    rule = _RULES.get(_text(change, "do"), _unknown)
    judged = rule(change, vendor)
    is_new = table in known.tables
    if (table, column) in known.columns and not _must_be_filled(change):
        is_new = True
    known.remember(change, is_new=is_new)
    return Judged(judged.words) if is_new else judged


def _must_be_filled(change: Change) -> bool:
    """Tell whether code that never heard of a column cannot insert a row without it."""
    new = change.get("new") if _text(change, "do") == "alter_column" else change
    if not isinstance(new, Mapping) or _text(change, "do") not in {"alter_column", "add_column"}:
        return False
    return not new.get("null") and not new.get("default")


def _create_table(change: Change, _vendor: str) -> Judged:
    return Judged(f"creates table {_text(change, 'table')}")


def _drop_table(change: Change, _vendor: str) -> Judged:
    table = _text(change, "table")
    return _broken(f"drops table {table}", f"the old code reads and writes {table}")


def _rename_table(change: Change, _vendor: str) -> Judged:
    table, to = _text(change, "table"), _text(change, "to")
    return _broken(f"renames table {table} to {to}", f"the old code looks for {table}")


def _add_column(change: Change, _vendor: str) -> Judged:
    where = _where(change)
    if not _must_be_filled(change):
        if change.get("unique") and change.get("default"):
            why = "the old code gives every new row the same default, and the second one is refused"
            return _broken(f"adds unique column {where} with a default", why)
        how = "that may be empty" if change.get("null") else "with a default in the database"
        return Judged(f"adds column {where} {how}")
    why = (
        f"the old code does not know {where}, so each of its INSERTs is refused: "
        "NOT NULL and no default in the database"
    )
    return _broken(f"adds column {where} NOT NULL without a database default", why)


def _drop_column(change: Change, _vendor: str) -> Judged:
    where = _where(change)
    return _broken(f"drops column {where}", f"the old code names {where} in its queries")


def _rename_column(change: Change, _vendor: str) -> Judged:
    where = _where(change)
    words = f"renames column {where} to {_text(change, 'to')}"
    return _broken(words, f"the old code names {where} in its queries")


def _alter_column(change: Change, vendor: str) -> Judged:
    old, new, where = _mapping(change, "old"), _mapping(change, "new"), _where(change)
    types = fit(_text(old, "type"), _text(new, "type"))
    was, now = _text(old, "type"), _text(new, "type")
    if types is Fit.OTHER:
        why = f"the old code writes and reads {was}"
        return _broken(f"changes the type of {where} from {was} to {now}", why)
    strict = _stricter(old, new, where)
    if strict:
        return strict
    if types is Fit.WIDER:
        rewrites = vendor == "postgresql" and "varchar" not in was
        lock = f"nobody can use {_text(change, 'table')} while it is rewritten" if rewrites else ""
        return Judged(f"widens {where} from {was} to {now}", lock=lock)
    return Judged(_relaxed(old, new, where))


def _stricter(old: Change, new: Change, where: str) -> Judged | None:
    if old.get("null") and not new.get("null"):
        return _broken(f"makes {where} NOT NULL", f"the old code may leave {where} empty")
    if new.get("unique") and not old.get("unique"):
        return _broken(f"makes {where} unique", "the old code may write a value twice")
    if old.get("default") and not new.get("default") and not new.get("null"):
        why = f"the old code leaves {where} to the database"
        return _broken(f"takes the database default from {where}", why)
    for what in ("check", "references", "collation"):
        if new.get(what) and new.get(what) != old.get(what):
            why = "the old code may write what is refused now"
            return _broken(f"gives {where} another {_CONDITIONS[what]}", why)
    return None


_CONDITIONS = {"check": "check", "references": "foreign key", "collation": "collation"}


def _relaxed(old: Change, new: Change, where: str) -> str:
    if new.get("null") and not old.get("null"):
        return f"lets {where} be empty"
    if new.get("default") and not old.get("default"):
        return f"gives {where} a database default"
    return f"loosens {where}"


def _add_index(change: Change, vendor: str) -> Judged:
    table, name = _text(change, "table"), _text(change, "name")
    if change.get("unique"):
        return _add_constraint({**change, "what": "unique"}, vendor)
    waits = vendor == "postgresql" and not change.get("concurrently")
    lock = f"nobody can write to {table} while the index is built; build it CONCURRENTLY"
    return Judged(f"adds index {name} on {table}", lock=lock if waits else "")


def _drop_index(change: Change, _vendor: str) -> Judged:
    return Judged(f"drops index {_text(change, 'name')} of {_text(change, 'table')}")


def _add_constraint(change: Change, _vendor: str) -> Judged:
    words = " ".join(
        filter(None, (f"adds {_text(change, 'what')} constraint", _text(change, "name")))
    )
    why = "the old code may write what is refused now"
    return _broken(f"{words} on {_text(change, 'table')}", why)


def _drop_constraint(change: Change, _vendor: str) -> Judged:
    return Judged(f"drops constraint {_text(change, 'name')} of {_text(change, 'table')}")


def _harmless(change: Change, _vendor: str) -> Judged:
    return Judged(_text(change, "what"))


def _unknown(change: Change, _vendor: str) -> Judged:
    words = _text(change, "what") or "does something that nobody can tell"
    why = "nobody can tell beforehand what it does to rows and tables that the old code uses"
    return Judged(words, Kind.DESTRUCTIVE, why, unknown=True)


def _broken(words: str, why: str) -> Judged:
    return Judged(words, Kind.DESTRUCTIVE, why)


_RULES: Mapping[str, Callable[[Change, str], Judged]] = {
    "create_table": _create_table,
    "drop_table": _drop_table,
    "rename_table": _rename_table,
    "add_column": _add_column,
    "drop_column": _drop_column,
    "rename_column": _rename_column,
    "alter_column": _alter_column,
    "add_index": _add_index,
    "drop_index": _drop_index,
    "add_constraint": _add_constraint,
    "drop_constraint": _drop_constraint,
    "harmless": _harmless,
}


def _where(change: Change) -> str:
    return f"{_text(change, 'table')}.{_text(change, 'column')}"


def _text(change: Change, key: str) -> str:
    value = change.get(key)
    return value if isinstance(value, str) else ""


def _mapping(change: Change, key: str) -> Change:
    value = change.get(key)
    return value if isinstance(value, Mapping) else {}
