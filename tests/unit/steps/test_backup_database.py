from dataclasses import replace

from deployer.core.actions.backups import Backup, DumpPostgres
from deployer.core.step import Skip
from deployer.steps.backup_database import BackupDatabase
from tests.shop_values import FIRST, FOLDER, OLD, facts, target

PENDING = {"migrations": {"pending": ["shop.0002_more"]}}
DUE = {"database": {"kind": "postgres", "url": {"secret": "URL"}, "backup": "before-migrate"}}


def test_a_database_is_dumped_before_it_is_migrated():
    do = BackupDatabase().do(target(DUE), facts(check=PENDING))

    dump = DumpPostgres("shop", (f"{FOLDER}/config/database.env",), "DEPLOYER_DATABASE_URL")
    assert do == (
        Backup(folder="/opt/backups", app="shop", release=OLD, release_folder="", dumps=(dump,)),
    )


def test_nothing_is_dumped_when_nothing_is_pending():
    do = BackupDatabase().do(target(DUE), facts(check={"migrations": {"pending": []}}))

    assert do == Skip("no migration is pending")


def test_a_database_that_is_not_asked_about_is_dumped_to_be_safe():
    do = BackupDatabase().do(target(DUE), facts(check={}))

    assert isinstance(do, tuple)


def test_an_app_that_never_migrates_needs_no_dump():
    do = BackupDatabase().do(target({**DUE, "framework": "custom"}), facts(check={}))

    assert do == Skip("this app has no migrations")


def test_the_new_urls_database_is_dumped_too_unless_it_is_the_one_that_was_dumped():
    always = BackupDatabase().do(target(), facts(check=PENDING))
    due = BackupDatabase().do(target(DUE), facts(check=PENDING))

    assert [replace(one, unless_made=False) for one in backups(always)] == backups(due)
    assert [one.unless_made for one in backups(always)] == [True]


def backups(work):
    assert isinstance(work, tuple)
    return [one for one in work if isinstance(one, Backup)]


def test_the_first_deploy_dumps_a_database_that_was_there_before():
    do = BackupDatabase().do(target(), facts(FIRST, check=PENDING))

    assert isinstance(do, tuple)


def test_a_reason_for_no_backup_is_said():
    reason = "the provider keeps snapshots of every minute"
    off = {**DUE["database"], "backup": "never", "without_backup": reason}

    do = BackupDatabase().do(target({"database": off}), facts(check=PENDING))

    assert do == Skip(f"switched off in the inventory: {reason}")


def test_an_app_without_a_database_has_nothing_to_dump():
    do = BackupDatabase().do(target({"database": "none"}), facts(check=PENDING))

    assert do == Skip("there is no database to back up")


def test_it_is_not_undone():
    assert BackupDatabase().undo(target(DUE), facts(check=PENDING)) == ()
