from dataclasses import replace

import pytest

from deployer.core.actions.backups import DumpPostgres, RequireBackup
from deployer.core.actions.migrations import ApplyMigrations, SettleSchema, Wanted
from deployer.core.actions.releases import Mark
from deployer.core.command import command
from deployer.core.step import Refuse, Skip, Told
from deployer.steps.migrate import Migrate
from tests.shop_values import FOLDER, facts, target

APPLY = ApplyMigrations(
    migrate=command(f"{FOLDER}/venv/bin/python", "manage.py", "migrate", "--noinput"),
    command=command(f"{FOLDER}/venv/bin/python", "-"),
    script=target().app.framework.schema_probe,
    user="shop",
    folder=FOLDER,
    env_files=(f"{FOLDER}/config/app.env", f"{FOLDER}/config/release.env"),
    env=(("DJANGO_SETTINGS_MODULE", "shop.settings"),),
    release="000042-1a2b3c4",
    hint="the old release serves on; mend the migration and deploy again",
)

DUMP = DumpPostgres("shop", (f"{FOLDER}/config/database.env",), "DEPLOYER_DATABASE_URL")
GATE = RequireBackup("/opt/backups", DUMP)
ADD = {"name": "a.1", "changes": [{"do": "add_column", "table": "t", "column": "c", "null": True}]}
DROP = {"name": "b.2", "changes": [{"do": "drop_column", "table": "t", "column": "d"}]}
RUN_PYTHON = {"name": "c.3", "changes": [{"do": "unknown", "what": "runs Python: fill"}]}
WHY = "drops column t.d: the old code names t.d in its queries"


def rehearsed(*pending: object) -> dict[str, object]:
    return {"migrations": {"pending": list(pending)}}


@pytest.mark.parametrize(
    ("check", "allowed", "note", "pending"),
    [
        (rehearsed(ADD), False, "additive: a.1", (Wanted("a.1"),)),
        (rehearsed(ADD), True, "additive: a.1", (Wanted("a.1"),)),
        (
            rehearsed(ADD, {**DROP, "atomic": True}),
            True,
            f"destructive, allowed: a.1 b.2 ({WHY})",
            (Wanted("a.1"), Wanted("b.2", WHY, atomic=True)),
        ),
        ({}, False, "unknown", ()),
    ],
)
def test_pending_migrations_are_told_applied_and_remembered(check, allowed, note, pending):
    do = Migrate().do(replace(target(), allow_destructive=allowed), facts(check=check))

    assert isinstance(do, Told)
    assert do.actions == (
        GATE,
        replace(APPLY, pending=pending),
        Mark("000042-1a2b3c4", "staged", (("migrations", note),)),
    )
    assert do.notices


def test_what_the_running_code_cannot_bear_is_refused_unless_it_is_allowed():
    refused = Migrate().do(target(), facts(check=rehearsed(ADD, DROP)))

    assert isinstance(refused, Refuse)
    assert f"`b.2` {WHY}" in refused.cause
    assert "inv deploy --env prod --allow-destructive" in refused.hint
    assert [one.text for one in refused.notices] == [
        "pending a.1 (additive): adds column t.c that may be empty",
        "pending b.2 (destructive): drops column t.d",
    ]


def test_the_inventory_vouches_for_migrations_that_somebody_has_read():
    on = target({"migrations": {"additive": ["c.3"]}})

    assert isinstance(Migrate().do(target(), facts(check=rehearsed(RUN_PYTHON))), Refuse)
    assert isinstance(Migrate().do(on, facts(check=rehearsed(RUN_PYTHON))), Told)


def test_with_nothing_pending_nothing_is_run():
    do = Migrate().do(target(), facts(check={"migrations": {"pending": []}}))

    assert do == Skip("nothing is pending")


def test_an_app_without_migrations_is_skipped():
    do = Migrate().do(target({"framework": "custom"}), facts(check={}))

    assert do == Skip("this app has no migrations")


def test_an_app_that_names_no_database_is_not_migrated():
    do = Migrate().do(target({"database": "none"}), facts(check=rehearsed(ADD)))

    assert isinstance(do, Refuse)
    assert "without a backup" in do.cause


@pytest.mark.parametrize("kind", ["none", "postgres"])
def test_a_migration_without_a_backup_takes_a_reason_which_the_host_is_told(kind):
    more = {"url": {"secret": "URL"}, "backup": "never"} if kind == "postgres" else {}
    reason = "the provider keeps snapshots of every minute"
    database = {"kind": kind, "without_backup": reason, **more}

    do = Migrate().do(target({"database": database}), facts(check=rehearsed(ADD)))

    assert isinstance(do, Told)
    assert do.actions[0] == RequireBackup("/opt/backups", waived=reason)


def test_a_database_is_never_taken_back_but_its_state_is_told():
    assert Migrate().undo(target(), facts(check=rehearsed("a.1"))) == (SettleSchema(),)


@pytest.mark.parametrize(
    ("found", "limits", "options"),
    [
        ({"vendor": "sqlite"}, {}, ""),
        ({"vendor": "postgresql", "version": 150018}, {"lock_timeout": 0}, ""),
        (
            {"vendor": "postgresql", "version": 150018},
            {},
            (
                "-c lock_timeout=5000 -c statement_timeout=1800000 "
                "-c client_connection_check_interval=1000"
            ),
        ),
        (
            {"vendor": "postgresql", "version": 130000},
            {"lock_timeout": "500ms", "timeout": "2m"},
            "-c lock_timeout=500 -c statement_timeout=120000",
        ),
    ],
)
def test_a_session_of_postgresql_is_limited(found, limits, options):
    check = {"migrations": {**found, "pending": [ADD]}}

    do = Migrate().do(target({"migrations": limits}), facts(check=check))

    assert isinstance(do, Told)
    assert isinstance(do.actions[1], ApplyMigrations)
    assert do.actions[1].options == options
