import json
import os
import shutil
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from deployer.agent.actions import backups, prune, releases
from deployer.agent.backups import archive
from deployer.agent.backups.backup_record import sealed, sums_of
from deployer.agent.context import ActionFailed, Context
from deployer.agent.databases.postgres_url import NotPostgres, postgres_environment

RELEASE = "000001-1a2b3c4"
ENV = "/etc/shop/app.env"


@pytest.fixture
def ctx(tmp_path):
    folder = tmp_path / "srv/shop/releases" / RELEASE
    (folder / "config").mkdir(parents=True)
    (folder / "config/app.env").write_text('A="1"\n')
    (folder / "main.py").write_text("x = 1\n")
    (folder / "venv").symlink_to("/srv/shop/venvs/abc")
    site = tmp_path / "etc/nginx/sites-enabled/shop.conf"
    site.parent.mkdir(parents=True)
    site.write_text("server {}")
    return Context("shop", "run1", root=tmp_path)


def wish(**more):
    return {
        "folder": "/opt/backups",
        "app": "shop",
        "release": RELEASE,
        "release_folder": f"/srv/shop/releases/{RELEASE}",
        "config": ["/etc/nginx/sites-enabled/shop.conf", "/etc/nginx/missing"],
        "dumps": [],
        **more,
    }


def names(ctx):
    return sorted(one.name for one in ctx.path("/opt/backups").iterdir())


def database(ctx):
    path = ctx.path("/srv/shop/shared/db.sqlite3")
    path.parent.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(path) as made:
        made.execute("PRAGMA journal_mode=wal")
        made.execute("CREATE TABLE orders (id INTEGER)")
        made.executemany("INSERT INTO orders VALUES (?)", [(number,) for number in range(50)])
    made.close()
    return {"kind": "DumpSqlite", "path": "/srv/shop/shared/db.sqlite3"}


def test_a_copy_that_a_killed_backup_left_is_removed_by_the_next_one(ctx):
    left = ctx.path("/srv/shop/.dump-killed")
    left.mkdir()
    (left / "copy").write_bytes(b"rows of customers")

    backups.backup(ctx, wish(dumps=[database(ctx)]))

    assert not list(ctx.path("/srv/shop").glob(".dump-*"))


def test_a_backup_holds_code_config_and_database_with_their_sums(ctx):
    backups.backup(ctx, wish(dumps=[database(ctx)]))

    (name,) = names(ctx)
    folder = ctx.path("/opt/backups") / name
    record = json.loads((folder / "backup.json").read_bytes())
    check = ("sha256sum", "--check", "--strict", "SHA256SUMS")
    assert subprocess.run(check, cwd=folder, capture_output=True, check=False).returncode == 0
    assert sorted(one.name for one in folder.iterdir()) == [
        "SHA256SUMS",
        "backup.json",
        "code.tar.gz",
        "config.tar.gz",
        "database.sqlite3",
    ]
    assert record["tables"] == {"orders": 50}
    assert folder.stat().st_mode & 0o777 == 0o700


def test_the_environment_of_the_release_is_left_out_and_its_code_is_in(ctx):
    backups.backup(ctx, wish())

    (name,) = names(ctx)
    code = ctx.path("/opt/backups") / name / "code.tar.gz"
    listed = subprocess.run(("tar", "-tzf", str(code)), capture_output=True, text=True, check=True)
    assert f"{RELEASE}/main.py" in listed.stdout.split()
    assert f"{RELEASE}/venv" not in listed.stdout.split()


def test_the_code_of_a_release_that_was_backed_up_before_is_linked(ctx):
    for _ in range(2):
        backups.backup(ctx, wish())

    first, second = (ctx.path("/opt/backups") / name / "code.tar.gz" for name in names(ctx))
    assert first.stat().st_ino == second.stat().st_ino


def test_a_damaged_earlier_backup_is_not_linked(ctx):
    backups.backup(ctx, wish())
    (name,) = names(ctx)
    code = ctx.path("/opt/backups") / name / "code.tar.gz"
    damaged = bytearray(code.read_bytes())
    damaged[30] ^= 1
    code.write_bytes(damaged)

    backups.backup(ctx, wish())

    second = ctx.path("/opt/backups") / names(ctx)[1] / "code.tar.gz"
    assert second.stat().st_ino != code.stat().st_ino


def test_the_first_deploy_has_nothing_to_back_up(ctx):
    missing = {"kind": "DumpSqlite", "path": "/srv/shop/shared/none.sqlite3"}

    changed = backups.backup(ctx, wish(release="", release_folder="", config=[], dumps=[missing]))

    assert changed is False
    assert names(ctx) == []


@pytest.mark.parametrize(
    "content", [b"not a database at all" * 50, b"SQLite format 3\0" + b"x" * 900]
)
def test_a_database_that_cannot_be_read_fails_and_leaves_nothing(ctx, content):
    path = ctx.path("/srv/shop/shared/db.sqlite3")
    path.parent.mkdir()
    path.write_bytes(content)
    broken = {"kind": "DumpSqlite", "path": "/srv/shop/shared/db.sqlite3"}

    with pytest.raises(ActionFailed) as failed:
        backups.backup(ctx, wish(dumps=[broken]))

    assert "could not be backed up" in failed.value.cause
    assert names(ctx) == []


def test_a_required_database_that_is_not_there_fails(ctx):
    with pytest.raises(ActionFailed):
        backups.backup(ctx, wish(database_required=True))

    assert names(ctx) == []


@pytest.mark.parametrize("cut", [1, 9, 200])
def test_a_torn_archive_is_noticed(tmp_path, cut):
    (tmp_path / "file").write_bytes(os.urandom(5000))
    written = archive.write_tar(tmp_path / "x.tar.gz", {"file": tmp_path / "file"})
    content = (tmp_path / "x.tar.gz").read_bytes()
    (tmp_path / "x.tar.gz").write_bytes(content[:-cut])

    with pytest.raises(archive.Damaged):
        archive.check_tar(tmp_path / "x.tar.gz", written)
    with pytest.raises(archive.Damaged):
        archive.check_digest(tmp_path / "x.tar.gz", written)


def test_a_url_of_postgres_becomes_variables():
    url = "postgres://ann:p%40ss@db.example.org:6543/shop?sslmode=require&x=1"

    assert postgres_environment(url) == {
        "PGHOST": "db.example.org",
        "PGPORT": "6543",
        "PGUSER": "ann",
        "PGPASSWORD": "p@ss",
        "PGDATABASE": "shop",
        "PGSSLMODE": "require",
    }
    assert postgres_environment("postgresql:///shop?host=/run/pg") == {
        "PGDATABASE": "shop",
        "PGHOST": "/run/pg",
    }


@pytest.mark.parametrize("url", ["mysql://a:secret@b/c", "secret", "postgres://a:secret@b:xx/c"])
def test_a_url_that_is_none_of_postgres_is_never_shown(url):
    with pytest.raises(NotPostgres) as refused:
        postgres_environment(url)

    assert "secret" not in str(refused.value)


def release(ctx, number, state, venv="abc"):
    folder = ctx.path(f"/srv/shop/releases/{number:06d}-1a2b3c4")
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "venv").is_symlink():
        (folder / "venv").symlink_to(f"/srv/shop/venvs/{venv}")
    releases.mark(ctx, {"release": folder.name, "state": state})
    return folder


def remove_old(ctx, keep=2):
    return prune.prune(
        ctx,
        {
            "app": "shop",
            "keep_releases": keep,
            "backups_folder": "/opt/backups",
            "backup_days": 14.0,
            "backups_at_least": 2,
        },
    )


def test_prune_removes_old_releases_and_environments_that_nothing_needs(ctx):
    for number, state in ((1, "good"), (2, "failed"), (3, "good"), (4, "failed"), (5, "good")):
        release(ctx, number, state, venv="old" if number < 3 else "new")
    release(ctx, 6, "good")
    for name in ("abc", "old", "new"):
        ctx.path(f"/srv/shop/venvs/{name}").mkdir(parents=True)
    live = ctx.path("/srv/shop/run/live")
    live.parent.mkdir()
    live.symlink_to(f"/srv/shop/releases/{6:06d}-1a2b3c4")

    changed = remove_old(ctx)
    told = ctx.note
    again = remove_old(ctx)

    names = ", ".join(f"{number:06d}-1a2b3c4" for number in (1, 2, 3))
    assert (told, ctx.note) == (f"removed {names}, 1 environment", "")
    left = sorted(one.name[:6] for one in ctx.path("/srv/shop/releases").iterdir())
    assert (changed, again) == (True, False)
    assert left == ["000004", "000005", "000006"]
    assert sorted(one.name for one in ctx.path("/srv/shop/venvs").iterdir()) == ["abc", "new"]
    assert list(ctx.path("/srv/shop/.trash").iterdir()) == []


def test_prune_leaves_a_release_that_a_process_works_in(ctx):
    for number in range(1, 6):
        release(ctx, number, "good")
    used = ctx.path("/srv/shop/releases/000001-1a2b3c4")
    with subprocess.Popen(("sleep", "60"), cwd=used) as process:
        remove_old(ctx)
        process.kill()

    assert used.is_dir()
    assert ctx.path("/srv/shop/releases/000005-1a2b3c4").is_dir()
    assert not ctx.path("/srv/shop/releases/000002-1a2b3c4").exists()


def test_prune_never_follows_a_release_that_became_a_link(ctx, tmp_path):
    etc = tmp_path / "as-good-as-etc"
    etc.mkdir()
    (etc / "passwd").write_text("root")
    for number in range(1, 6):
        release(ctx, number, "good")
    for number, place in ((1, etc), (2, "/etc")):
        swapped = ctx.path(f"/srv/shop/releases/{number:06d}-1a2b3c4")
        shutil.rmtree(swapped)
        swapped.symlink_to(place)

    remove_old(ctx)

    assert (etc / "passwd").read_text() == "root"
    assert ctx.path("/srv/shop/releases/000001-1a2b3c4").is_symlink()
    assert not ctx.path("/srv/shop/releases/000003-1a2b3c4").exists()


def test_prune_moves_nothing_into_a_trash_that_is_a_link(ctx, tmp_path):
    for number in range(1, 6):
        release(ctx, number, "good")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    ctx.path("/srv/shop/.trash").symlink_to(elsewhere)

    assert remove_old(ctx) is False

    assert list(elsewhere.iterdir()) == []
    assert ctx.path("/srv/shop/releases/000001-1a2b3c4").is_dir()


def test_prune_that_was_killed_in_the_middle_is_gone_on_with(ctx):
    for number in range(1, 6):
        release(ctx, number, "good")
    half = ctx.path("/srv/shop/.trash/000000-1a2b3c4.0")
    (half / "left").mkdir(parents=True)

    remove_old(ctx)

    assert list(ctx.path("/srv/shop/.trash").iterdir()) == []


def test_prune_leaves_what_somebody_builds_and_the_release_of_its_own_run(ctx):
    for number in range(2, 6):
        release(ctx, number, "good")
    ctx.path("/srv/shop/run").mkdir()
    ctx.path("/srv/shop/run/live").symlink_to("/srv/shop/releases/000004-1a2b3c4")
    ctx.release = release(ctx, 1, "failed").name
    built = [release(ctx, number, "building") for number in (6, 7, 8)]
    old = built.pop(0)
    os.utime(old, (0, 0))

    remove_old(ctx)

    assert [one.is_dir() for one in (*built, old)] == [True, True, False]
    assert ctx.path(f"/srv/shop/releases/{ctx.release}").is_dir()


def test_prune_touches_no_links_and_no_odd_names(ctx):
    odd = ctx.path("/srv/shop/releases/by-hand")
    odd.mkdir()
    link = ctx.path("/srv/shop/releases/000009-1a2b3c4")
    link.symlink_to("/tmp")
    for number in range(1, 6):
        release(ctx, number, "good")

    remove_old(ctx)

    assert odd.is_dir()
    assert link.is_symlink()


def test_prune_removes_old_backups_but_not_the_last_verified_ones(ctx):
    folder = ctx.path("/opt/backups")
    for number, days in ((1, 90), (2, 80), (3, 70), (4, 1)):
        made = folder / f"shop_20260101_000000-{number}"
        made.mkdir(parents=True)
        created = time.time() - days * 86400
        record = {"schema": 2, "created": created, "release": "000099-1a2b3c4"}
        (made / "backup.json").write_bytes(sealed(record))
        (made / "SHA256SUMS").write_bytes(sums_of(record))
    torn = folder / "shop_20260101_000000-5.partial"
    torn.mkdir()
    os.utime(torn, (0, 0))
    (folder / "other_20200101_000000-1").mkdir()

    remove_old(ctx)

    assert [name for name in names(ctx) if not name.startswith(".")] == [
        "other_20200101_000000-1",
        "shop_20260101_000000-3",
        "shop_20260101_000000-4",
    ]


def test_names_of_backups_follow_the_documented_form(ctx):
    for _ in range(2):
        backups.backup(ctx, wish())

    first, second = names(ctx)
    stamp = time.strftime("shop_%Y%m")
    assert first.startswith(stamp)
    assert first.endswith("-1")
    assert second.endswith("-2")
    assert isinstance(ctx.results["backup"], dict)
    assert Path(ctx.path("/opt/backups") / second).is_dir()
