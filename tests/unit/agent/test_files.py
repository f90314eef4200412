import stat

import pytest

from deployer.agent.disk.files import link_atomic, make_private, unlink_durable, write_atomic


def test_a_file_has_its_content_and_mode(tmp_path):
    write_atomic(tmp_path / "file", b"content", 0o640)

    assert (tmp_path / "file").read_bytes() == b"content"
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o640


def test_a_file_that_is_replaced_keeps_its_old_content_for_who_has_it_open(tmp_path):
    (tmp_path / "file").write_bytes(b"old")
    with (tmp_path / "file").open("rb") as reader:
        write_atomic(tmp_path / "file", b"new", 0o644)

        assert reader.read() == b"old"
    assert (tmp_path / "file").read_bytes() == b"new"


def test_a_write_that_fails_leaves_nothing_behind(tmp_path):
    (tmp_path / "file").mkdir()

    with pytest.raises(OSError, match="directory"):
        write_atomic(tmp_path / "file", b"new", 0o644)

    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_a_link_is_never_missing_and_never_nested(tmp_path):
    (tmp_path / "one").mkdir()
    link_atomic(tmp_path / "live", "one")
    link_atomic(tmp_path / "live", "two")

    assert str((tmp_path / "live").readlink()) == "two"
    assert list((tmp_path / "one").iterdir()) == []


def test_removing_twice_is_fine(tmp_path):
    (tmp_path / "file").write_bytes(b"")

    assert unlink_durable(tmp_path / "file")
    assert not unlink_durable(tmp_path / "file")


def test_a_private_folder_is_for_its_owner_only(tmp_path):
    make_private(tmp_path / "run")
    make_private(tmp_path / "run")

    assert stat.S_IMODE((tmp_path / "run").stat().st_mode) == 0o700
