import json
import random
import shutil

import pytest

from deployer.agent.actions import backup_checks, backups
from deployer.agent.backups import backup_proof
from deployer.agent.backups.archive import Damaged
from deployer.agent.backups.backup_record import opened, sealed
from deployer.agent.context import ActionFailed, Context
from tests.spoiled import KINDS, spoil
from tests.unit.agent.test_actions_backups import database, wish

SEED = 20261125
PLACE = "/opt/backups"


@pytest.fixture
def ctx(tmp_path):
    folder = tmp_path / "srv/shop/releases/000001-1a2b3c4/config"
    folder.mkdir(parents=True)
    (folder / "app.env").write_text('A="1"\n')
    media = tmp_path / "srv/shop/shared/media"
    media.mkdir(parents=True)
    (media / "a.jpg").write_bytes(bytes(range(256)) * 40)
    return Context("shop", "run1", root=tmp_path)


def made(ctx, **more):
    shared = {"kind": "SharedFiles", "folder": "/srv/shop/shared", "paths": ["media"]}
    backups.backup(ctx, wish(dumps=[database(ctx)], shared=shared, **more))
    (folder,) = ctx.path(PLACE).iterdir()
    return folder


def test_a_hundred_of_a_hundred_corrupted_backups_are_found(ctx):
    chance = random.Random(SEED)
    folder = made(ctx)
    whole = backup_proof.problems(ctx, folder)
    kept = shutil.copytree(folder, ctx.root / "kept")
    missed = []
    for number in range(100):
        shutil.rmtree(folder)
        shutil.copytree(kept, folder)
        kind = KINDS[number % len(KINDS)]
        spoil(folder, kind, chance)
        if not backup_proof.problems(ctx, folder):
            missed.append((number, kind))

    assert whole == ()
    assert missed == [], f"seed {SEED}"


def test_a_backup_of_another_app_or_under_another_name_is_named(ctx):
    folder = made(ctx)
    moved = folder.rename(folder.with_name("shop_20200101_000000-9"))

    stranger = Context("other", "run1", root=ctx.root)
    assert "was written as" in backup_proof.problems(ctx, moved)[0]
    assert "backup of `shop`" in backup_proof.problems(stranger, moved)[0]


def test_a_part_that_leads_out_of_the_folder_is_refused(ctx):
    folder = made(ctx)
    record = dict(opened(folder))
    record["parts"] = [{"name": "../../etc/shadow", "size": 1, "sha256": "0"}]
    (folder / "backup.json").write_bytes(sealed(record))

    assert "names a part `../../etc/shadow`" in " ".join(backup_proof.problems(ctx, folder))


def test_a_record_that_was_edited_is_not_believed(ctx):
    folder = made(ctx)
    text = (folder / "backup.json").read_text()
    (folder / "backup.json").write_text(text.replace('"orders": 50', '"orders": 51'))

    with pytest.raises(Damaged, match="not what was written"):
        opened(folder)


def test_records_of_the_first_schema_are_still_read(tmp_path):
    record = {"schema": 1, "release": "000001-1a2b3c4", "created": 1.5}
    (tmp_path / "backup.json").write_text(json.dumps(record, indent=2) + "\n")

    assert opened(tmp_path) == record


DUMP = {"kind": "DumpSqlite", "path": "/srv/shop/shared/db.sqlite3"}
GATE = {"folder": PLACE, "database": DUMP}


def test_a_migration_needs_a_backup_of_its_own_run(ctx):
    made(ctx)
    later = Context("shop", "run2", root=ctx.root)

    assert backup_checks.require(ctx, GATE) is False
    with pytest.raises(ActionFailed, match="nothing is migrated"):
        backup_checks.require(later, GATE)


def test_a_backup_of_another_database_of_the_same_kind_does_not_count(ctx):
    made(ctx)
    other = {**DUMP, "path": "/srv/shop/shared/new.sqlite3"}
    shutil.copy(ctx.path("/srv/shop/shared/db.sqlite3"), ctx.path(other["path"]))
    gate = {"folder": PLACE, "database": other}

    with pytest.raises(ActionFailed, match="nothing is migrated"):
        backup_checks.require(ctx, gate)
    backups.backup(ctx, wish(dumps=[other], unless_made=True))
    assert backup_checks.require(ctx, gate) is False


def test_a_database_is_not_dumped_twice_in_a_run_that_asks_for_it_once(ctx):
    made(ctx)

    assert backups.backup(ctx, wish(dumps=[DUMP], unless_made=True)) is False
    assert len(list(ctx.path(PLACE).iterdir())) == 1


def test_a_backup_that_lost_a_part_since_does_not_count(ctx):
    (made(ctx) / "database.sqlite3").unlink()

    with pytest.raises(ActionFailed, match=r"`database\.sqlite3` is missing"):
        backup_checks.require(ctx, GATE)


def test_a_database_that_does_not_exist_yet_may_be_made(ctx):
    assert backup_checks.require(ctx, GATE) is False


def test_why_there_is_no_backup_is_said_aloud(tmp_path):
    said: list[dict[str, object]] = []
    ctx = Context("shop", "run1", root=tmp_path, emit=said.append)

    backup_checks.require(ctx, {"folder": PLACE, "waived": "a replica is kept elsewhere"})

    assert "NO BACKUP" in str(said[0]["line"])
    assert "a replica is kept elsewhere" in str(said[0]["line"])


def test_a_place_that_others_can_write_is_refused(ctx):
    ctx.path(PLACE).mkdir(parents=True)
    ctx.path(PLACE).chmod(0o777)

    with pytest.raises(ActionFailed, match="does not belong to root alone"):
        backups.backup(ctx, wish())


def test_a_place_that_is_a_link_is_refused(ctx):
    ctx.path("/opt").mkdir()
    ctx.path("/mnt").mkdir()
    ctx.path(PLACE).symlink_to(ctx.path("/mnt"))

    with pytest.raises(ActionFailed, match="not a folder but something else"):
        backups.backup(ctx, wish())
