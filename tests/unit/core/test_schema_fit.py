import pytest

from deployer.core.host_state import AppState, parse_app_state
from deployer.core.schema_fit import Answered, parse_answer, schema_fit
from tests.shop_values import app_answer, record

TARGET = "000001-aaaaaaa"
UNTOUCHED = "database: untouched; "
NOTHING = f"{UNTOUCHED}no migration was applied since that release"
DROPS = "drops column t.c: the old code names it"
Json = dict[str, object]


def one(name: str, breaks: str = "") -> Json:
    return {"name": name, "breaks": breaks, "atomic": True}


def run(number: int, *applied: Json, half: tuple[Json, ...] = ()) -> Json:
    release = f"{number:06d}-{'abcd'[number - 1] * 7}"
    about = {"run": f"r{number}", "release": release, "time": float(number)}
    return {**about, "applied": list(applied), "half": list(half)}


def state(*runs: object, notes: dict[int, str] | None = None) -> AppState:
    known = notes or {}
    records = [
        record(number, letter * 40, migrations=known.get(number, ""))
        for number, letter in enumerate("abc", 1)
    ]
    return parse_app_state(app_answer(live="000003-ccccccc", releases=records, schema=list(runs)))


def told(found: AppState, answer: Answered | None = None) -> tuple[str, str]:
    fit = schema_fit([found], TARGET, answer)
    return fit.fits, fit.sentence.removeprefix(UNTOUCHED)


def test_without_migrations_since_nothing_has_changed():
    assert schema_fit([state()], TARGET).sentence == NOTHING
    assert schema_fit([state(run(1, one("a.1", DROPS)))], TARGET).sentence == NOTHING


def test_additive_migrations_fit():
    found = state(run(2, one("a.2")), run(3, one("a.3")))

    assert told(found) == ("yes", "the older code fits: yes, migrations since: a.2, a.3")


def test_one_that_breaks_the_older_code_decides():
    found = state(run(2, one("a.2", DROPS)), run(3, one("a.3")))

    fit = schema_fit([found], TARGET)

    assert told(found) == ("no", f"the older code fits: no, because a.2 {DROPS}")
    assert [(each.name, each.run, each.time) for each in fit.broken] == [("a.2", "r2", 2.0)]


def test_what_a_restored_database_no_longer_has_does_not_count():
    found = state(run(2, one("a.2", DROPS)))

    assert told(found, Answered(applied=("a.1",)))[0] == "yes"
    assert told(found, Answered(applied=("a.1", "a.2")))[0] == "no"
    assert told(found, Answered(error="no route"))[0] == "no"


def test_what_may_be_half_applied_is_a_doubt():
    found = state(run(2, one("a.2"), half=(one("a.3", DROPS),)))

    fits, sentence = told(found, Answered(applied=("a.2",)))

    assert (fits, "a.3 may be half applied" in sentence) == ("unknown", True)


def test_what_others_have_applied_is_a_doubt():
    found = state(run(1, one("old.9", DROPS)))

    assert told(found, Answered(applied=("old.9", "x.1"), strangers=("old.9", "x.1"))) == (
        "unknown",
        "the older code fits: unknown, because nobody has recorded what x.1 does",
    )


@pytest.mark.parametrize(
    ("notes", "fits"),
    [
        ({1: "destructive: x"}, "yes"),
        ({2: "additive: a.2", 3: "additive: a.3"}, "yes"),
        ({2: "additive: a.2", 3: "destructive: a.3"}, "unknown"),
        ({3: "unknown"}, "unknown"),
    ],
)
def test_releases_from_before_the_ledger_are_told_by_their_records(notes, fits):
    assert told(state(notes=notes))[0] == fits


def test_migrations_of_any_host_count_and_each_is_told_once():
    ran = state(run(2, one("a.2")))

    fit = schema_fit([state(), ran, ran], TARGET)

    assert fit.sentence == f"{UNTOUCHED}the older code fits: yes, migrations since: a.2"


def test_a_failed_release_that_is_gone_has_left_its_migrations():
    assert told(state(run(4, one("a.2", DROPS))))[0] == "no"


@pytest.mark.parametrize("answer", [None, {}, {"applied": 1, "strangers": "x", "error": 3}])
def test_an_answer_that_says_nothing_is_no_knowledge(answer):
    assert parse_answer(answer) == Answered()


def test_a_damaged_entry_is_not_believed():
    odd = state(1, {"release": "x", "applied": 3}, {"applied": [1, {}], "time": "x"})

    assert schema_fit([odd], TARGET).sentence == NOTHING
