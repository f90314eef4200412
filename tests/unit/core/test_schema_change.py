import pytest

from deployer.core.schema_change import Known, judge


def both(old: dict[str, object], new: dict[str, object]) -> dict[str, object]:
    column = {"type": "integer", "null": False}
    place = {"do": "alter_column", "table": "item", "column": "size"}
    return {**place, "old": {**column, **old}, "new": {**column, **new}}


@pytest.mark.parametrize(
    ("change", "kind", "words", "lock"),
    [
        (
            both({"type": "integer"}, {"type": "bigint"}),
            "additive",
            "widens item.size from integer to bigint",
            "nobody can use item while it is rewritten",
        ),
        (
            both({"type": "varchar(1)"}, {"type": "text"}),
            "additive",
            "widens item.size from varchar(1) to text",
            "",
        ),
        (both({}, {"default": True}), "additive", "gives item.size a database default", ""),
        (
            both({}, {"references": "t.id"}),
            "destructive",
            "gives item.size another foreign key",
            "",
        ),
        (both({}, {"check": "size > 0"}), "destructive", "gives item.size another check", ""),
        (both({"check": "size > 0"}, {}), "additive", "loosens item.size", ""),
        (both({}, {"collation": "C"}), "destructive", "gives item.size another collation", ""),
        (
            {"do": "add_index", "table": "item", "name": "i", "unique": True},
            "destructive",
            "adds unique constraint i on item",
            "",
        ),
        (
            {"do": "add_index", "table": "item", "name": "i", "concurrently": True},
            "additive",
            "adds index i on item",
            "",
        ),
        ({"do": "harmless", "what": "adds an extension"}, "additive", "adds an extension", ""),
        ({"do": "new to us"}, "destructive", "does something that nobody can tell", ""),
    ],
)
def test_a_change_is_judged_for_postgresql(change, kind, words, lock):
    found = judge(change, Known(), "postgresql")

    assert (str(found.kind), found.words, found.lock) == (kind, words, lock)
    assert bool(found.why) == (kind == "destructive")


def test_a_table_and_a_column_that_are_new_stay_new_under_another_name():
    known = Known()
    series: list[dict[str, object]] = [
        {"do": "create_table", "table": "one"},
        {"do": "rename_table", "table": "one", "to": "two"},
        {"do": "drop_table", "table": "two"},
        {"do": "add_column", "table": "item", "column": "a", "null": True},
        {"do": "rename_column", "table": "item", "column": "a", "to": "b"},
        {"do": "drop_column", "table": "item", "column": "b"},
        {"do": "drop_column", "table": "item", "column": "c"},
    ]

    kinds = [str(judge(one, known, "postgresql").kind) for one in series]

    assert kinds == ["additive"] * 6 + ["destructive"]
