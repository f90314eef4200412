import contextlib
import json
import os
import pwd
import sqlite3
import tarfile
import time

import pytest

from deployer.agent.actions import backups, rehearsing, restoring
from deployer.agent.backups.backup_folders import read_backup
from deployer.agent.context import ActionFailed, Context
from deployer.agent.restores import restoration, sqlite_swap
from deployer.agent.restores.restoration import is_scratch, names, scratch_name

APP = pwd.getpwuid(os.geteuid()).pw_name
"""Programs run as the app's user: here that is whoever runs the tests."""
RUN = "20261125-180000-abcd"
SHARED = f"/srv/{APP}/shared"
DATABASE = f"{SHARED}/db.sqlite3"
DUMP = {"kind": "DumpSqlite", "path": DATABASE}


@pytest.fixture
def ctx(tmp_path):
    made = Context(APP, RUN, root=tmp_path)
    made.state_folder.mkdir(parents=True)
    made.path(f"{SHARED}/media/deep").mkdir(parents=True)
    made.path(f"{SHARED}/media/a.txt").write_text("a")
    made.path(f"{SHARED}/media/deep/b.txt").write_text("b")
    write(made, 50)
    return made


def write(ctx, rows, journal="wal"):
    with sqlite3.connect(ctx.path(DATABASE)) as made:
        made.execute(f"PRAGMA journal_mode={journal}")
        made.execute("CREATE TABLE IF NOT EXISTS orders (id INTEGER)")
        made.executemany("INSERT INTO orders VALUES (?)", [(one,) for one in range(rows)])
    made.close()


def rows(path):
    with sqlite3.connect(path) as made:
        (found,) = made.execute("SELECT count(*) FROM orders").fetchone()
    made.close()
    return found


def backed_up(ctx):
    shared = {"folder": SHARED, "paths": ["media"], "without": []}
    wish = {"folder": "/opt/backups", "app": APP, "release": "", "release_folder": ""}
    backups.backup(ctx, {**wish, "config": [], "dumps": [DUMP], "shared": shared})
    return str(ctx.results["backup"]["name"])


def wish(backup, *, database=True, shared=False):
    return {
        "what": {
            "folder": "/opt/backups",
            "app": APP,
            "backup": backup,
            "dumps": [DUMP] if database else [],
            "shared": SHARED if shared else "",
            "database_file": DATABASE,
        }
    }


def swapped(ctx, asked):
    restoring.check_backup(ctx, asked)
    restoring.restore_beside(ctx, asked)
    restoring.swap_restored(ctx, asked)


def in_shared(ctx):
    return sorted(one.name for one in ctx.path(SHARED).iterdir())


def test_a_database_is_swapped_and_the_old_one_kept(ctx):
    name = backed_up(ctx)
    write(ctx, 5)

    swapped(ctx, wish(name))

    (kept,) = ctx.path(SHARED).glob("db.sqlite3_before_*")
    assert (rows(ctx.path(DATABASE)), rows(kept)) == (50, 55)
    assert ctx.results["restored"]["kept"]["database"]["name"] == str(kept)


def test_a_dump_of_another_database_is_told_before_it_takes_the_place_of_the_live_one(tmp_path):
    said: list[dict[str, object]] = []
    made = Context(APP, RUN, root=tmp_path, emit=said.append)
    made.path(SHARED).mkdir(parents=True)
    write(made, 5)
    name = backed_up(made)
    said.clear()
    moved = wish(name)
    moved["what"]["dumps"] = [{**DUMP, "path": f"{SHARED}/moved.sqlite3"}]

    for asked in (wish(name), moved):
        restoring.check_backup(made, asked)

    assert [one["text"] for one in said if one["event"] == "notice"] == [
        f"the dump is of `{DATABASE}`, and takes the place of `{SHARED}/moved.sqlite3`"
    ]


def test_undo_gives_the_old_database_back_and_keeps_what_was_written_since(ctx):
    name = backed_up(ctx)
    write(ctx, 5)
    swapped(ctx, wish(name))
    write(ctx, 1)

    for _ in range(2):
        restoring.swap_back(ctx, wish(name))
        restoring.drop_beside(ctx, wish(name))

    (tried,) = ctx.path(SHARED).glob("db.sqlite3_tried_*")
    assert (rows(ctx.path(DATABASE)), rows(tried)) == (55, 51)
    assert not list(ctx.path(SHARED).glob("db.sqlite3_before_*"))


def test_the_log_of_a_killed_app_goes_into_the_file_that_it_belongs_to(ctx):
    name = backed_up(ctx)
    killed = ctx.path(DATABASE)
    open_one = sqlite3.connect(killed)
    open_one.execute("INSERT INTO orders VALUES (1)")
    open_one.commit()
    leave_log(open_one, killed)

    swapped(ctx, wish(name))

    (kept,) = (one for one in killed.parent.glob("db.sqlite3_before_*") if one.suffix != ".none")
    assert (rows(killed), rows(kept)) == (50, 51)


def test_a_database_in_use_is_not_swapped(ctx):
    name = backed_up(ctx)
    asked = wish(name)
    restoring.restore_beside(ctx, asked)
    reader = sqlite3.connect(ctx.path(DATABASE))
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM orders").fetchone()
    write(ctx, 1)

    with pytest.raises(ActionFailed, match="could not be swapped"):
        restoring.swap_restored(ctx, asked)

    reader.close()
    restoring.swap_back(ctx, asked)
    assert rows(ctx.path(DATABASE)) == 51


def test_a_database_that_was_lost_comes_back_and_undo_takes_it_away(ctx):
    name = backed_up(ctx)
    ctx.path(DATABASE).unlink()

    swapped(ctx, wish(name))
    found = rows(ctx.path(DATABASE))
    restoring.swap_back(ctx, wish(name))
    restoring.swap_back(ctx, wish(name))

    assert found == 50
    assert not ctx.path(DATABASE).exists()


REAL = """
PRAGMA auto_vacuum = incremental;
PRAGMA application_id = 4711;
PRAGMA user_version = 42;
CREATE TABLE notes (text TEXT, size INTEGER GENERATED ALWAYS AS (length(text)) STORED);
CREATE TABLE counted (what TEXT PRIMARY KEY, times INTEGER) WITHOUT ROWID;
CREATE TABLE numbered (id INTEGER PRIMARY KEY AUTOINCREMENT, raw BLOB);
CREATE UNIQUE INDEX lower_text ON notes (lower(text)) WHERE size > 3;
CREATE VIEW long_notes AS SELECT text FROM notes WHERE size > 5;
CREATE VIRTUAL TABLE found USING fts5(text, content='notes');
CREATE TRIGGER indexed AFTER INSERT ON notes BEGIN
  INSERT INTO found (rowid, text) VALUES (new.rowid, new.text);
  INSERT INTO counted VALUES (new.text, 1);
END;
INSERT INTO notes (text) VALUES ('the teapot'), ('gone'), ('a kettle');
INSERT INTO found (found, rowid, text) VALUES ('delete', 2, 'gone');
DELETE FROM notes WHERE text = 'gone';
INSERT INTO numbered (raw) VALUES (x'00ff'), (zeroblob(9000));
DELETE FROM numbered WHERE id = 2;
"""
PORTRAIT = (
    "SELECT type, name, sql FROM sqlite_master ORDER BY name, type",
    "SELECT rowid, * FROM notes ORDER BY 1",
    "SELECT rowid, text FROM found WHERE found MATCH 'kettle'",
    "SELECT * FROM counted ORDER BY 1",
    "SELECT id, hex(raw) FROM numbered",
    "SELECT * FROM sqlite_sequence",
    "PRAGMA user_version",
    "PRAGMA application_id",
    "PRAGMA auto_vacuum",
    "PRAGMA journal_mode",
    "PRAGMA encoding",
)


def portrait(path):
    with sqlite3.connect(path) as made:
        found = [made.execute(one).fetchall() for one in PORTRAIT]
    made.close()
    return found


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_all_that_a_real_database_has_comes_back(ctx, journal):
    ctx.path(DATABASE).unlink()
    with sqlite3.connect(ctx.path(DATABASE)) as made:
        made.executescript(f"{REAL}PRAGMA journal_mode = {journal};")
    made.close()
    before = portrait(ctx.path(DATABASE))
    name = backed_up(ctx)
    with sqlite3.connect(ctx.path(DATABASE)) as made:
        made.executescript("DROP TABLE notes; DROP TABLE found; DELETE FROM counted;")
    made.close()

    swapped(ctx, wish(name))

    assert portrait(ctx.path(DATABASE)) == before
    with sqlite3.connect(ctx.path(DATABASE)) as made:
        made.execute("INSERT INTO notes (text) VALUES ('another kettle')")
        (hits,) = made.execute("SELECT count(*) FROM found WHERE found MATCH 'kettle'").fetchone()
    made.close()
    assert hits == 2


def test_a_damaged_database_is_kept_as_it_is(ctx):
    name = backed_up(ctx)
    ctx.path(DATABASE).write_bytes(b"not a database at all" * 100)

    swapped(ctx, wish(name))

    (kept,) = ctx.path(SHARED).glob("db.sqlite3_before_*")
    assert rows(ctx.path(DATABASE)) == 50
    assert kept.read_bytes().startswith(b"not a database")


def test_a_backup_that_was_changed_is_refused(ctx):
    name = backed_up(ctx)
    part = ctx.path(f"/opt/backups/{name}/database.sqlite3")
    content = bytearray(part.read_bytes())
    content[-1] ^= 1
    part.write_bytes(content)

    with pytest.raises(ActionFailed, match="is damaged"):
        restoring.check_backup(ctx, wish(name))


def test_what_has_other_rows_than_the_record_is_refused(ctx, monkeypatch):
    name = backed_up(ctx)
    read = read_backup

    def more(backup):
        record = json.loads(json.dumps(read(backup)))
        record["databases"][0]["tables"]["orders"] = 51
        return record

    monkeypatch.setattr(restoration, "read_backup", more)

    with pytest.raises(ActionFailed, match="`orders` has 50 rows after the restore"):
        restoring.restore_beside(ctx, wish(name))


@pytest.mark.parametrize(
    "backup", [f"{APP}_20200101_000000-1", f"../{APP}", "toys_20261125_180000-1"]
)
def test_a_backup_that_is_not_here_is_named(ctx, backup):
    backed_up(ctx)

    with pytest.raises(ActionFailed, match="there is no backup"):
        restoring.check_backup(ctx, wish(backup))


def test_a_kept_copy_of_the_database_is_not_packed_with_the_uploads(ctx):
    kept = ctx.path(f"{SHARED}/media/db.sqlite3_before_20261125_180000_abcd")
    kept.write_bytes(b"a whole database")

    name = backed_up(ctx)

    part = ctx.path(f"/opt/backups/{name}/shared.tar.gz")
    with tarfile.open(part) as archive:
        assert not [one for one in archive.getnames() if "before" in one]


def test_shared_files_are_swapped_and_the_rest_is_carried_over(ctx):
    name = backed_up(ctx)
    ctx.path(f"{SHARED}/media/a.txt").write_text("changed")
    ctx.path(f"{SHARED}/cache").mkdir()
    write(ctx, 5)

    swapped(ctx, wish(name, database=False, shared=True))

    (kept,) = ctx.path(f"/srv/{APP}").glob("shared_before_*")
    assert ctx.path(f"{SHARED}/media/a.txt").read_text() == "a"
    assert (kept / "media/a.txt").read_text() == "changed"
    assert rows(ctx.path(DATABASE)) == 55
    assert in_shared(ctx) == ["cache", "db.sqlite3", "media"]
    assert not list(ctx.path(f"/srv/{APP}").glob("shared_restore_*"))


def test_undo_gives_the_old_shared_folder_back_with_its_database(ctx):
    name = backed_up(ctx)
    ctx.path(f"{SHARED}/media/a.txt").write_text("changed")
    asked = wish(name, database=False, shared=True)
    swapped(ctx, asked)
    write(ctx, 7)

    for _ in range(2):
        restoring.swap_back(ctx, asked)
        restoring.drop_beside(ctx, asked)

    assert ctx.path(f"{SHARED}/media/a.txt").read_text() == "changed"
    assert rows(ctx.path(DATABASE)) == 57
    assert in_shared(ctx) == ["db.sqlite3", "media"]


def test_both_are_swapped_together_and_undone_in_the_opposite_order(ctx):
    name = backed_up(ctx)
    ctx.path(f"{SHARED}/media/a.txt").write_text("changed")
    write(ctx, 5)
    asked = wish(name, shared=True)

    swapped(ctx, asked)
    after = (rows(ctx.path(DATABASE)), ctx.path(f"{SHARED}/media/a.txt").read_text())
    restoring.swap_back(ctx, asked)

    assert after == (50, "a")
    assert rows(ctx.path(DATABASE)) == 55
    assert ctx.path(f"{SHARED}/media/a.txt").read_text() == "changed"


class Cut(BaseException):
    """The power is gone."""


def cut_at(monkeypatch, number):
    """Have the given rename, counted from one, be the first that is never done."""
    rename, replace, count = os.rename, os.replace, iter(range(1, 1000))

    def counted(done):
        def wrapped(*paths, **folders):
            if next(count) >= number:
                raise Cut
            done(*paths, **folders)

        return wrapped

    monkeypatch.setattr(os, "rename", counted(rename))
    monkeypatch.setattr(os, "replace", counted(replace))


@pytest.mark.parametrize("nested", ["", "data", "data/deep"])
@pytest.mark.parametrize("number", range(1, 6))
@pytest.mark.parametrize("second", range(1, 6))
def test_a_swap_of_folders_that_is_cut_anywhere_is_put_back(
    ctx, monkeypatch, nested, number, second
):
    name = backed_up(ctx)
    database = ctx.path(f"{SHARED}/{nested}/db.sqlite3")
    database.parent.mkdir(parents=True, exist_ok=True)
    if nested:
        ctx.path(DATABASE).rename(database)
    asked = wish(name, database=False, shared=True)
    asked["what"]["database_file"] = str(database)
    before = in_shared(ctx)
    restoring.restore_beside(ctx, asked)

    for action, at in ((restoring.swap_restored, number), (restoring.swap_back, second)):
        with monkeypatch.context() as patched, contextlib.suppress(Cut):
            cut_at(patched, at)
            action(ctx, asked)
        start_app(database)
    restoring.swap_back(ctx, asked)
    restoring.drop_beside(ctx, asked)

    assert rows(database) == 50
    assert in_shared(ctx) == before


def start_app(database):
    """Do what an app does that a boot starts: make the database, if there is a folder for it.

    Then it is killed, which leaves its log.
    """
    if database.parent.is_dir():
        made = sqlite3.connect(database)
        made.execute("PRAGMA journal_mode=wal")
        for table in ("orders", "starts"):
            made.execute(f"CREATE TABLE IF NOT EXISTS {table} (id INTEGER)")
        made.execute("INSERT INTO starts VALUES (1)")
        made.commit()
        leave_log(made, database)


def leave_log(made, database):
    """Close a database, but have its files be as a killed program leaves them."""
    files = [database.with_name(database.name + end) for end in ("", "-wal")]
    left = {file: file.read_bytes() for file in files}
    made.close()
    for file, content in left.items():
        file.write_bytes(content)


def test_nothing_of_a_swap_that_could_not_be_undone_is_removed(ctx):
    name = backed_up(ctx)
    asked = wish(name, database=False, shared=True)
    restoring.restore_beside(ctx, asked)
    live = ctx.path(SHARED)
    live.rename(live.with_name(names("shared", RUN).kept))

    with pytest.raises(ActionFailed, match="has not got its name back"):
        restoring.drop_beside(ctx, asked)

    restoring.swap_back(ctx, asked)
    assert restoring.drop_beside(ctx, asked) is True


def test_an_archive_that_holds_a_file_in_the_databases_place_is_refused(ctx):
    name = backed_up(ctx)
    asked = wish(name, database=False, shared=True)
    asked["what"]["database_file"] = f"{SHARED}/media/a.txt"

    with pytest.raises(ActionFailed, match="where the database is"):
        restoring.restore_beside(ctx, asked)


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_a_database_that_somebody_writes_is_not_swapped(ctx, journal, monkeypatch):
    monkeypatch.setattr(sqlite_swap, "_PATIENCE", 0.1)
    write(ctx, 1, journal)
    live = ctx.path(DATABASE)
    fresh, kept = live.with_name("fresh"), live.with_name("kept")
    fresh.write_bytes(live.read_bytes())
    writer = sqlite3.connect(live)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("INSERT INTO orders VALUES (1)")

    with pytest.raises(SystemExit, match="another program"):
        sqlite_swap.swap(live, fresh, kept)

    writer.close()
    assert rows(live) == 51
    assert not kept.exists()


@pytest.mark.parametrize("number", range(1, 4))
def test_a_swap_of_files_that_is_cut_anywhere_is_put_back(ctx, monkeypatch, number):
    live = ctx.path(DATABASE)
    fresh, kept, tried = (live.with_name(name) for name in ("fresh", "kept", "tried"))
    fresh.write_bytes(live.read_bytes())
    write(ctx, 5)

    with monkeypatch.context() as patched, contextlib.suppress(Cut):
        cut_at(patched, number)
        sqlite_swap.swap(live, fresh, kept)
    for _ in range(2):
        sqlite_swap.back(live, kept, tried)

    assert rows(live) == 55
    assert not kept.exists()


def test_a_restore_test_leaves_nothing_behind_and_is_written_down(ctx):
    name = backed_up(ctx)
    left = ctx.path(f"{DATABASE}_scratch_20260101_000000_abcd")
    left.write_bytes(b"left by a test that was killed")
    theirs = ctx.path(f"{DATABASE}_scratch_of_mine")
    theirs.write_bytes(b"not ours")
    began = time.time()

    rehearsing.rehearse_restore(ctx, wish(name, shared=True))

    record = read_backup(ctx.path(f"/opt/backups/{name}"))
    tested = record["restore_tested"]
    assert isinstance(tested, dict)
    assert tested["time"] >= began
    assert in_shared(ctx) == ["db.sqlite3", theirs.name, "media"]
    assert sorted(one.name for one in ctx.path(f"/srv/{APP}").iterdir()) == [".trash", "shared"]
    assert rows(ctx.path(DATABASE)) == 50


def test_the_newest_backup_is_tested_when_none_is_named(ctx):
    backed_up(ctx)
    newest = backed_up(ctx)

    rehearsing.rehearse_restore(ctx, wish(""))

    assert "restore_tested" in read_backup(ctx.path(f"/opt/backups/{newest}"))


def test_names_fit_into_what_databases_allow_and_only_ours_are_scratch():
    long = "x" * 80

    assert all(
        len(one) <= 63 for one in (*vars(names(long, RUN)).values(), scratch_name(long, RUN))
    )
    assert is_scratch(scratch_name(long, RUN), long)
    assert is_scratch("shop_scratch_20261125_180000_abcd", "shop")
    for other in ("shop", "shop_scratch_mine", "toys_scratch_20261125_180000_abcd"):
        assert not is_scratch(other, "shop")
