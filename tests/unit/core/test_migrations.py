import pytest

from deployer.core.migration_words import notices, refusal
from deployer.core.migrations import Migration, Pending, parse_pending, vouched
from deployer.core.schema_change import Judged, Kind
from deployer.core.step import Notice

DROP = {"do": "drop_column", "table": "item", "column": "colour"}
ADD = {"do": "add_column", "table": "item", "column": "note", "null": True}
RUN = {"do": "unknown", "what": "runs Python: fill"}
INDEX = {"do": "add_index", "table": "item", "name": "by_name"}


def one(name: str, *changes: object, **more: object) -> dict[str, object]:
    return {"name": name, "changes": list(changes), **more}


def pending(*described: object, **more: object) -> Pending:
    return parse_pending({"migrations": {"pending": list(described), **more}})


@pytest.mark.parametrize("report", [{}, None, {"other": 1}])
def test_a_rehearsal_that_did_not_look_knows_nothing(report):
    assert parse_pending(report) == Pending(known=False)


@pytest.mark.parametrize(
    ("described", "kind"),
    [
        ([], "none"),
        ([one("a.1")], "none"),
        ([one("a.1", ADD)], "additive"),
        ([one("a.1", ADD), one("a.2", DROP), one("a.3")], "destructive"),
        ([one("a.1", RUN)], "destructive"),
        ([one("a.1", RUN, marked="additive")], "additive"),
        ([one("a.1", RUN, DROP, marked="additive")], "destructive"),
        ([one("a.1", ADD, marked="destructive")], "destructive"),
        ([one("a.1", RUN, marked="harmless")], "destructive"),
        (["a.1"], "destructive"),
    ],
)
def test_all_of_them_are_as_bad_as_the_worst_one(described, kind):
    assert str(pending(*described).kind) == kind


def test_what_a_migration_before_has_made_is_new_to_the_running_code():
    made = one("a.1", {"do": "create_table", "table": "item"})

    assert str(pending(made, one("a.2", DROP)).kind) == "additive"
    assert str(pending(one("a.2", DROP), made).kind) == "destructive"


def test_on_an_empty_database_nothing_is_destructive():
    found = pending(one("a.1", DROP), first=True)

    assert (str(found.kind), found.destructive) == ("additive", ())
    assert notices(found) == (Notice("the database is empty: 1 migrations build it"),)


def test_a_person_may_vouch_for_what_nobody_can_tell():
    found = vouched(pending(one("a.1", RUN), one("a.2", RUN), one("a.3", DROP)), ("a.1", "a.3"))

    assert [str(each.kind) for each in found.migrations] == [
        "additive",
        "destructive",
        "destructive",
    ]


def test_each_pending_migration_is_told_with_what_it_does():
    found = pending(
        one("a.1", ADD, title="add note"),
        one("a.2", RUN, marked="additive"),
        one("a.3"),
        one("a.4", *[DROP] * 8),
    )

    assert [each.text for each in notices(found)] == [
        "pending a.1 `add note` (additive): adds column item.note that may be empty",
        "pending a.2 (additive, marked additive): runs Python: fill",
        "pending a.3 (none): changes no table",
        "pending a.4 (destructive): " + "drops column item.colour, " * 6 + "and 2 more",
    ]


def test_what_keeps_users_waiting_or_was_forgotten_is_a_warning():
    found = pending(one("a.1", INDEX), vendor="postgresql", strangers=["b.1"], unmade=["a: Add x"])

    assert [each.text for each in notices(found) if each.level == "warning"] == [
        (
            "a.1 adds index by_name on item: nobody can write to item while the index is built; "
            "build it CONCURRENTLY"
        ),
        "models were changed without a migration: a: Add x; run `makemigrations` and commit it",
        "the database has migrations that this code does not know: b.1",
    ]


def test_when_nobody_looked_that_is_said():
    assert [each.level for each in notices(Pending(known=False))] == ["warning"]


def test_a_refusal_says_which_migration_what_it_does_and_why_the_old_code_breaks():
    refused = refusal(pending(one("a.1", ADD), one("a.2", DROP)), "prod")

    assert refused.cause == (
        "the old code would break during the deploy, and after a rollback: "
        "`a.2` drops column item.colour: the old code names item.colour in its queries"
    )
    assert "inv deploy --env prod --allow-destructive" in refused.hint
    assert len(refused.notices) == 2


def test_a_migration_of_which_only_the_name_is_known_is_not_trusted():
    (found,) = pending("a.1").migrations

    assert found == Migration(
        "a.1",
        (
            Judged(
                "does something that nobody can tell",
                Kind.DESTRUCTIVE,
                "nobody can tell beforehand what it does to rows and tables that the old code uses",
                unknown=True,
            ),
        ),
    )
