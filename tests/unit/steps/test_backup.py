from dataclasses import replace

from deployer.core.actions.backups import Backup as Write
from deployer.core.actions.backups import DumpPostgres, DumpSqlite, SharedFiles
from deployer.core.step import Skip
from deployer.steps.backup import Backup
from tests.shop_values import FIRST, OLD, SITE, UNIT, facts, target

LIVE = f"/srv/shop/releases/{OLD}"
FILES = Write(
    folder="/opt/backups",
    app="shop",
    release=OLD,
    release_folder=LIVE,
    config=(UNIT.path, SITE.path),
)
DUMP = DumpPostgres("shop", (f"{LIVE}/config/database.env",), "DEPLOYER_DATABASE_URL")

BEFORE = {"backup": "before-migrate"}
OFF = {"backup": "never", "without_backup": "a replica is kept elsewhere"}


def with_dump(dump: DumpPostgres | DumpSqlite) -> Write:
    return Write(
        folder="/opt/backups",
        app="shop",
        release=OLD,
        release_folder=LIVE,
        config=(UNIT.path, SITE.path),
        dumps=(dump,),
    )


def test_the_live_release_and_its_database_are_backed_up():
    assert Backup().do(target(), facts()) == (with_dump(DUMP),)


def test_a_host_that_does_not_lead_backs_up_its_files_only():
    assert Backup().do(target(leader=False), facts()) == (FILES,)


def test_a_database_that_is_not_due_is_left_out():
    for when in (BEFORE, OFF):
        database = {"kind": "postgres", "url": {"secret": "URL"}, **when}

        assert Backup().do(target({"database": database}), facts()) == (FILES,)


def test_a_backup_by_hand_has_the_database_whenever_it_is_due():
    database = {"kind": "postgres", "url": {"secret": "URL"}, **OFF}

    assert Backup(by_hand=True).do(target({"database": database}), facts()) == (with_dump(DUMP),)


def test_an_sqlite_file_is_dumped_from_the_shared_folder():
    on = target({"database": {"kind": "sqlite", "path": "db.sqlite3"}})

    assert Backup().do(on, facts()) == (with_dump(DumpSqlite("/srv/shop/shared/db.sqlite3")),)


def test_before_the_first_release_there_is_nothing_to_back_up():
    assert Backup().do(target(), facts(FIRST)) == Skip("first deploy: nothing is live yet")


def test_a_backup_is_not_undone():
    assert Backup().undo(target(), facts()) == ()


def test_shared_files_go_in_when_the_inventory_says_so():
    for wanted, paths in ((True, ("",)), (["media", "exports"], ("media", "exports"))):
        do = Backup().do(target(rest={"backup": {"shared": wanted}}), facts())

        shared = SharedFiles("/srv/shop/shared", paths)
        assert do == (replace(with_dump(DUMP), shared=shared),)


def test_an_sqlite_file_is_never_packed_while_it_is_written():
    database = {"kind": "sqlite", "path": "data/db.sqlite3"}
    on = target({"database": database}, rest={"backup": {"shared": True}})

    do = Backup().do(on, facts())

    without = tuple(f"data/db.sqlite3{end}" for end in ("", "-wal", "-shm", "-journal"))
    shared = SharedFiles("/srv/shop/shared", ("",), without)
    dump = DumpSqlite("/srv/shop/shared/data/db.sqlite3")
    assert do == (replace(with_dump(dump), shared=shared),)


def test_before_a_restore_of_shared_files_all_of_them_are_saved():
    expected = replace(with_dump(DUMP), shared=SharedFiles("/srv/shop/shared", ("",)))

    assert Backup(by_hand=True, with_shared=True).do(target(), facts()) == (expected,)
