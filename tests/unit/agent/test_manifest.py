import json
import os

import pytest

from deployer.agent.actions.sealing import seal_folder
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
