import io
import os
import tarfile
from pathlib import Path

import pytest

from deployer.errors import UsageError
from deployer.transport.wheels import LocalWheels


def folder(at: Path, **wheels: bytes) -> Path:
    at.mkdir()
    for name, content in wheels.items():
        (at / f"{name}.whl").write_bytes(content)
    return at


def test_the_same_wheels_have_the_same_key_whenever_they_were_fetched(tmp_path):
    one = folder(tmp_path / "one", a=b"1", b=b"2")
    two = folder(tmp_path / "two", b=b"2", a=b"1")
    os.utime(two / "a.whl", (1, 1))

    assert LocalWheels(one).key == LocalWheels(two).key
    assert len(LocalWheels(one).key) == 16


@pytest.mark.parametrize("wheels", [{"a": b"2"}, {"b": b"1"}, {"a": b"1", "b": b""}])
def test_other_names_or_contents_have_another_key(tmp_path, wheels):
    one = folder(tmp_path / "one", a=b"1")

    assert LocalWheels(one).key != LocalWheels(folder(tmp_path / "two", **wheels)).key


def test_an_archive_holds_the_wheels_as_roots_and_the_marker_last(tmp_path):
    made = folder(tmp_path / "wheels", b=b"2", a=b"1")
    (made / "notes.txt").write_text("not sent")

    with tarfile.open(fileobj=io.BytesIO(LocalWheels(made).archive())) as tar:
        members = tar.getmembers()
        contents = [tar.extractfile(one).read() for one in members]  # type: ignore[union-attr]  # all are files

    assert [one.name for one in members] == ["a.whl", "b.whl", ".complete"]
    assert contents == [b"1", b"2", b""]
    assert {(one.uid, one.gid) for one in members} == {(0, 0)}
    assert {one.mode for one in members} == {0o644}


@pytest.mark.parametrize("name", ["empty", "missing"])
def test_a_folder_without_wheels_is_a_mistake_of_the_inventory(tmp_path, name):
    (tmp_path / "empty").mkdir()

    with pytest.raises(UsageError) as caught:
        LocalWheels(tmp_path / name)

    assert "pip download" in caught.value.hint


def test_the_wheels_are_read_once_however_often_the_key_is_asked_for(tmp_path: Path) -> None:
    wheels = LocalWheels(folder(tmp_path / "one", a=b"a"))

    before = wheels.key
    (tmp_path / "one/a.whl").write_bytes(b"not read again")

    assert wheels.key == before


def test_wheels_are_packed_once_for_all_hosts(tmp_path: Path) -> None:
    wheels = LocalWheels(folder(tmp_path / "one", a=b"a"))

    assert wheels.archive() is wheels.archive()
