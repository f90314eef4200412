from dataclasses import replace

import pytest

from deployer.core.actions.migrations import AskSchema as Ask
from deployer.core.command import command
from deployer.core.step import Notice, Passed, Refuse, Skip
from deployer.steps.ask_schema import AskSchema
from deployer.steps.fit_schema import FitSchema
from tests.shop_values import FOLDER, app_answer, facts, record, target

BREAKS = "drops column t.c: the old code names it"
DROPPED = {
    "run": "r43",
    "release": "000043-fffffff",
    "time": 1_000_000.0,
    "applied": [{"name": "a.2", "breaks": BREAKS}],
}
RELEASES = [record(42, "1a2b3c4" + "0" * 33), record(43, "f" * 40)]
INSIST = "`inv rollback --env prod --allow-destructive` goes back with the schema as it is"
BACKUPS = [
    {"name": "shop_early", "created": 10.0},
    {"name": "shop_before", "created": 999_000.0},
    {"name": "shop_after", "created": 1_000_001.0},
]


def judged(answer: object = None, *, allowed: bool = False, backups: object = None) -> object:
    known = {} if backups is None else {"backups": backups}
    asked = {} if answer is None else {"schema": answer}
    app = app_answer(releases=RELEASES, schema=[DROPPED])
    on = replace(target(), allow_destructive=allowed)
    return FitSchema().do(on, facts(app, {**asked, **known}))


def test_code_that_cannot_live_with_the_schema_is_not_gone_back_to():
    refused = judged()

    assert refused == Refuse(
        f"database: untouched; the older code fits: no, because a.2 {BREAKS}",
        f"deploy code that fits the schema; {INSIST}",
    )


@pytest.mark.parametrize(
    ("backups", "name", "made"),
    [
        (BACKUPS, "shop_before", "1970-01-12 13:30:00"),
        ([*BACKUPS, {"name": "of_run", "created": 20.0, "run": "r43"}], "of_run", "1970-01-01"),
    ],
)
def test_the_way_back_through_a_backup_says_what_it_loses(backups, name, made):
    refused = judged(backups=backups)

    assert isinstance(refused, Refuse)
    assert f"`inv restore --env prod --backup {name} --database`" in refused.hint
    assert f"loses all that was written since {made}" in refused.hint
    assert INSIST in refused.hint


def test_who_insists_goes_back_and_is_told_all_the_same():
    passed = judged(allowed=True)

    assert isinstance(passed, Passed)
    assert passed.note == "the older code fits: no"
    assert [one.level for one in passed.notices] == ["warning"]


def test_a_database_that_no_longer_has_it_is_no_obstacle():
    passed = judged({"applied": ["a.1"], "strangers": []})

    assert passed == Passed(
        "the older code fits: yes",
        (Notice("database: untouched; no migration was applied since that release"),),
    )


def test_backups_that_cannot_be_listed_only_shorten_the_hint():
    refused = judged(backups={"error": "no such folder"})

    assert isinstance(refused, Refuse)
    assert "inv restore" not in refused.hint


def test_the_older_release_is_asked_as_the_apps_user():
    do = AskSchema().do(target(), facts())

    assert do == (
        Ask(
            command=command(f"{FOLDER}/venv/bin/python", "-"),
            script=target().app.framework.schema_probe,
            user="shop",
            folder=FOLDER,
            env_files=(f"{FOLDER}/config/app.env", f"{FOLDER}/config/release.env"),
            env=(("DJANGO_SETTINGS_MODULE", "shop.settings"),),
        ),
    )
    assert AskSchema().undo(target(), facts()) == ()


def test_a_framework_that_cannot_be_asked_is_not_asked():
    assert isinstance(AskSchema().do(target({"framework": "custom"}), facts()), Skip)
