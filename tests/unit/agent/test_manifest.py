import grp
import json
import os
import shutil

import pytest

from deployer.agent.actions.sealing import seal, seal_folder
from deployer.agent.context import Context
from deployer.agent.disk.manifest import MARKER, SUMMED, damage_of


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "release"
    (made / "shop").mkdir(parents=True)
    (made / "config").mkdir()
    (made / "shop/views.py").write_text("answer = 42\n")
    (made / "config/app.env").write_text("KEY=hush\n")
    (made / "film").write_bytes(b"x" * (SUMMED + 1))
    (made / "venv").symlink_to("/srv/shop/venvs/3.11-abc")
    seal_folder(Context("shop", "r1", root=tmp_path), made, MARKER, os.getegid(), {}, summed=True)
    return made


def test_a_sealed_folder_is_whole(folder):
    assert damage_of(folder) == ""


def test_what_was_added_later_is_no_damage(folder):
    (folder / "release.json").write_text("{}")

    assert damage_of(folder) == ""


def empty(path):
    path.write_bytes(b"")


def change(path):
    path.write_bytes(path.read_bytes().replace(b"4", b"5"))


@pytest.mark.parametrize(
    ("name", "hurt", "says"),
    [
        ("shop/views.py", empty, "has 0 bytes instead of 12"),
        ("shop/views.py", os.unlink, "is missing"),
        ("shop/views.py", change, "has another content"),
        ("film", empty, "has 0 bytes instead of"),
        ("venv", os.unlink, "is missing"),
        (MARKER, empty, "list of files"),
        (MARKER, os.unlink, "never finished"),
        (MARKER, lambda path: path.write_text("[]"), "list of files"),
        (MARKER, lambda path: path.write_text('{"sizes": 3}'), "list of files"),
    ],
)
def test_damage_is_named(folder, name, hurt, says):
    hurt(folder / name)

    assert says in damage_of(folder)


def test_a_folder_that_became_a_link_is_damaged(folder):
    folder.rename(folder.with_name("elsewhere"))
    folder.symlink_to("elsewhere")

    assert "is not a folder" in damage_of(folder)


def test_the_list_of_files_is_for_root_only(folder):
    assert (folder / MARKER).stat().st_mode & 0o077 == 0


def test_a_list_from_before_there_were_sums_is_read_for_ever(folder):
    old = json.loads((folder / MARKER).read_bytes())
    del old["sums"]
    (folder / MARKER).write_text(json.dumps(old))
    change(folder / "shop/views.py")

    assert damage_of(folder) == ""
    empty(folder / "shop/views.py")
    assert "bytes" in damage_of(folder)


@pytest.fixture
def with_static(folder, tmp_path):
    release = tmp_path / "srv/shop/releases/000001-1a2b3c4"
    release.parent.mkdir(parents=True)
    folder.rename(release)
    (release / "static").mkdir()
    (release / "static/a.css").write_text("a{}")
    ctx = Context("shop", "r1", root=tmp_path)
    group = grp.getgrgid(os.getegid()).gr_name
    wish = {"path": "/srv/shop/releases/000001-1a2b3c4/static", "marker": MARKER, "group": group}
    assert [seal(ctx, wish) for _ in range(2)] == [True, False]
    return release


def test_a_part_that_was_sealed_later_is_whole(with_static):
    assert damage_of(with_static) == ""


@pytest.mark.parametrize(
    ("hurt", "says"),
    [
        (shutil.rmtree, "gone, or was never finished"),
        (lambda static: (static / MARKER).unlink(), "gone, or was never finished"),
        (lambda static: (static / "a.css").unlink(), "is missing"),
        (lambda static: (static / "a.css").write_text("b{}"), "has another content"),
    ],
)
def test_a_part_that_was_sealed_later_is_missed(with_static, hurt, says):
    hurt(with_static / "static")

    assert says in damage_of(with_static)


def test_the_static_files_of_a_release_from_before_are_looked_at_still(with_static):
    told = json.loads((with_static / MARKER).read_bytes())
    del told["parts"]
    (with_static / MARKER).write_text(json.dumps(told))
    (with_static / "static/a.css").unlink()

    assert "is missing" in damage_of(with_static)
