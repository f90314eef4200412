import pytest

from deployer.agent.schema.schema_question import Schema
from deployer.agent.schema.schema_words import CUT, DONE, FAILED, Wanted, judge

A = Wanted("a.1", atomic=True)
B = Wanted("a.2", "drops column t.c: the old code names it", atomic=True)
C = Wanted("a.3", atomic=True)
SLOW = Wanted("a.4", atomic=False)
MEAN = Wanted("a.5", "drops table t: the old code reads it", atomic=False)


@pytest.mark.parametrize(
    ("wanted", "applied", "ended", "sentence"),
    [
        ((A, C), ("x.1", "a.1", "a.3"), DONE, "a.1, a.3 applied; the old code fits: yes"),
        (
            (A, B),
            ("a.1", "a.2"),
            DONE,
            (
                "a.1, a.2 applied; the old code fits: no, "
                "because a.2 drops column t.c: the old code names it"
            ),
        ),
        (
            (A, B, C),
            ("a.1",),
            FAILED,
            (
                "a.1 applied, a.2 failed and was rolled back by PostgreSQL, a.3 not begun; "
                "the old code fits: yes"
            ),
        ),
        (
            (A, B),
            (),
            CUT,
            (
                "a.1 not applied (what was begun of it, PostgreSQL has rolled back), "
                "a.2 not begun; the old code fits: yes"
            ),
        ),
        (
            (SLOW,),
            (),
            FAILED,
            ("a.4 failed and may be half applied (it is not atomic); the old code fits: yes"),
        ),
        (
            (A, MEAN),
            ("a.1",),
            CUT,
            (
                "a.1 applied, a.5 was cut off or not begun, and may be half applied (it is not "
                "atomic); the old code fits: unknown, because a.5 drops table t: the old code "
                "reads it"
            ),
        ),
        ((A,), (), DONE, "a.1 not applied; the old code fits: yes"),
        (
            tuple(Wanted(f"b.{number}") for number in range(9)),
            tuple(f"b.{number}" for number in range(9)),
            DONE,
            "b.0 … b.8 (9 migrations) applied; the old code fits: yes",
        ),
        ((A,), None, DONE, "a.1 applied; the old code fits: yes"),
        ((), None, DONE, "migrated; nobody can tell whether the old code fits"),
        (
            (A,),
            None,
            FAILED,
            (
                "what is applied is unknown (nobody can tell which migrations it has); "
                "the old code fits: unknown"
            ),
        ),
    ],
)
def test_the_state_of_a_schema_is_told_exactly(wanted, applied, ended, sentence):
    found = judge(wanted, Schema(applied), ended=ended, vendor="postgresql", together=False)

    assert found.sentence == f"database: {sentence}"
    assert f"fits: {found.fits}" in sentence or found.fits == "unknown"


def test_revisions_that_are_applied_all_or_none_are_told_so():
    found = judge((A, C), Schema(()), ended=FAILED, vendor="postgresql", together=True)

    assert found.sentence == (
        "database: none of a.1, a.3 applied, PostgreSQL has undone them; the old code fits: yes"
    )


def test_a_session_that_goes_on_and_a_database_that_is_silent_are_told():
    left = judge((A,), Schema((), left=1), ended=CUT, vendor="postgresql", together=False)
    silent = judge((A,), Schema(error="no route"), ended=DONE, vendor="", together=False)

    assert left.sentence.endswith("; a session of the migration is STILL at work in it")
    assert silent.sentence == (
        "database: what is applied is unknown (no route); the old code fits: unknown"
    )
