import pytest

from deployer.agent.disk import ballast as module
from deployer.agent.disk.ballast import SIZE, SPARES, Ballast


@pytest.fixture
def ballast(tmp_path):
    return Ballast((tmp_path / "ballast",))


def test_it_holds_room_and_inodes_and_gives_both_up(ballast):
    ballast.hold()
    (folder,) = ballast.folders

    assert (folder / "room").stat().st_size == SIZE
    assert len(list(folder.iterdir())) == SPARES + 1
    assert ballast.give_up()
    assert not folder.exists()
    assert not ballast.give_up()


def test_what_an_earlier_version_held_back_is_replaced(ballast):
    ballast.folders[0].write_bytes(b"x" * 10)

    ballast.hold()

    assert ballast.folders[0].is_dir()


def test_it_is_kept_while_there_is_room(ballast):
    ballast.hold()

    assert not ballast.relieve()
    assert ballast.folders[0].exists()


def test_it_is_not_filled_where_room_is_short(ballast, monkeypatch):
    monkeypatch.setattr(module, "_has", lambda _folder, times: times < module._PLENTY)

    ballast.hold()

    assert not ballast.folders[0].exists()
