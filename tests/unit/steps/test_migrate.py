import pytest

from deployer.core.action import Mark, Run
from deployer.core.command import command
from deployer.core.step import Skip
from deployer.steps.migrate import Migrate
from tests.shop_values import FOLDER, facts, target

RUN = Run(
    command(f"{FOLDER}/venv/bin/python", "manage.py", "migrate", "--noinput"),
    user="shop",
    folder=FOLDER,
    env_files=(f"{FOLDER}/config/app.env", f"{FOLDER}/config/release.env"),
    env=(("DJANGO_SETTINGS_MODULE", "shop.settings"),),
    timeout=1800.0,
    hint="the old release serves on; look at the schema before the next deploy",
)


@pytest.mark.parametrize(
    ("check", "note"),
    [
        ({"migrations": {"pending": ["a.1", "b.2"]}}, "additive: a.1 b.2"),
        ({"migrations": {"pending": ["a.1"], "destructive": ["a.1"]}}, "destructive: a.1"),
        ({}, "unknown"),
    ],
)
def test_pending_migrations_are_applied_and_remembered(check, note):
    do = Migrate().do(target(), facts(check=check))

    assert do == (RUN, Mark("000042-1a2b3c4", "staged", (("migrations", note),)))


def test_with_nothing_pending_nothing_is_run():
    do = Migrate().do(target(), facts(check={"migrations": {"pending": []}}))

    assert do == Skip("nothing is pending")


def test_an_app_without_migrations_is_skipped():
    do = Migrate().do(target({"framework": "custom"}), facts(check={}))

    assert do == Skip("this app has no migrations")


def test_a_database_is_never_taken_back():
    assert Migrate().undo(target(), facts(check={"migrations": {"pending": ["a.1"]}})) == ()
