import gzip
import io
import os
import tarfile
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployer.agent.disk.archive_rules import Rules, Unsafe
from deployer.agent.disk.fresh_tree import Look
from deployer.agent.disk.unpacking import unpack

ME = (os.getuid(), os.getgid())
LINKS = Rules(links=True)


def member(name, content=b"", kind=tarfile.REGTYPE, link="", mode=0o640):
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.mode = kind, link, mode
    made.size = len(content)
    return made, content


def folder(name, mode=0o750):
    return member(name, kind=tarfile.DIRTYPE, mode=mode)


def symlink(name, target):
    return member(name, kind=tarfile.SYMTYPE, link=target)


def hard_link(name, target):
    return member(name, kind=tarfile.LNKTYPE, link=target)


def packed(*members):
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w:gz") as archive:
        for made, content in members:
            archive.addfile(made, io.BytesIO(content))
    return plain.getvalue()


def unpacked(where, content, rules=LINKS):
    return unpack(
        io.BytesIO(content), where, rules, lambda one: Look(*ME, one.mode & 0o777), Look(*ME, 0o755)
    )


@pytest.fixture
def root(tmp_path):
    made = tmp_path / "outer/root"
    made.mkdir(parents=True)
    (tmp_path / "outer/secret").write_text("untouched")
    return made


def test_what_was_packed_is_there_with_its_modes_and_its_sums(root):
    content = packed(
        folder("media", 0o700),
        member("media/a.txt", b"a", mode=0o600),
        hard_link("media/b.txt", "media/a.txt"),
        symlink("latest", "media/a.txt"),
        member("deep/er/c", b"c"),
    )

    tree = unpacked(root, content)

    assert {"/".join(parts) for parts in tree.files} == {"media/a.txt", "media/b.txt", "deep/er/c"}
    assert (root / "latest").read_text() == "a"
    assert (root / "media").stat().st_mode & 0o777 == 0o700
    assert (root / "media/a.txt").stat().st_mode & 0o777 == 0o600
    assert (root / "media/a.txt").stat().st_nlink == 2
    assert (root / "deep").stat().st_mode & 0o777 == 0o755


HOSTILE = {
    # The first six are the cases of Dokku's tests/unit/archive-security.bats.
    "an absolute symlink": (symlink("x", "/etc/passwd"),),
    "a relative symlink that leaves": (folder("a"), symlink("a/x", "../../secret")),
    "an absolute path": (member("/tmp/x", b"x"),),
    "a path with two dots": (member("../new", b"x"),),
    "two dots in the middle": (member("a/../../new", b"x"),),
    "two dots that stay inside": (folder("a"), member("a/../b", b"x")),
    "a hard link to outside": (hard_link("x", "../secret"),),
    "a hard link to an absolute path": (hard_link("x", "/etc/passwd"),),
    "a hard link to what is no earlier file": (hard_link("x", "y"), member("y", b"y")),
    "a hard link to a symlink": (member("y"), symlink("z", "y"), hard_link("x", "z")),
    "the same file twice": (member("x", b"1"), member("./x", b"2")),
    "the same folder twice": (folder("a"), folder("a/")),
    "a file through a symlink": (symlink("a", "."), member("a/x", b"x")),
    "a file in a file": (member("a", b"a"), member("a/x", b"x")),
    "a symlink through another one": (
        folder("a"),
        folder("a/b"),
        symlink("a/b/up", "../.."),
        symlink("out", "a/b/up/../secret"),
    ),
    "a device": (member("x", kind=tarfile.CHRTYPE),),
    "a disk": (member("x", kind=tarfile.BLKTYPE),),
    "a fifo": (member("x", kind=tarfile.FIFOTYPE),),
    "a name with a newline": (member("a\nb", b"x"),),
    "a name with an escape": (member("a\x1b[31mb", b"x"),),
    "a link target with a newline": (symlink("a", "b\nc"),),
    "an empty name": (member(".", b"x"),),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_is_refused_and_nothing_is_written_outside(root, name):
    with pytest.raises(Unsafe):
        unpacked(root, packed(*HOSTILE[name]))

    outside = sorted(one.name for one in root.parent.iterdir())
    assert outside == ["root", "secret"]
    assert (root.parent / "secret").read_text() == "untouched"


def test_links_are_refused_where_an_archive_of_ours_has_none(root):
    for one in (symlink("a", "b"), hard_link("a", "b")):
        with pytest.raises(Unsafe, match="neither a file nor a folder"):
            unpacked(root, packed(member("b"), one), Rules())
        (root / "b").unlink()


def test_too_many_bytes_are_refused_before_they_are_written(root):
    with pytest.raises(Unsafe, match="larger than 1 MiB"):
        unpacked(root, packed(member("x", bytes(2 << 20))), Rules(size=1 << 20))

    assert not (root / "x").exists()


def test_too_many_members_are_refused(root):
    with pytest.raises(Unsafe, match="more than 3 members"):
        unpacked(root, packed(*(member(str(one)) for one in range(4))), Rules(members=3))


def test_a_bomb_of_zeros_behind_the_end_is_refused(root):
    bomb = packed(member("x")) + gzip.compress(bytes(64 << 20))

    with pytest.raises(Unsafe, match="larger than it may be"):
        unpacked(root, bomb, Rules(size=1 << 20, members=10))


def test_a_sparse_member_is_refused(root):
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w:gz", format=tarfile.PAX_FORMAT) as archive:
        made = tarfile.TarInfo("sparse")
        made.pax_headers = {"GNU.sparse.map": "0,1", "GNU.sparse.size": str(1 << 20)}
        made.size = 1
        archive.addfile(made, io.BytesIO(b"x"))

    with pytest.raises(Unsafe, match="sparse"):
        unpacked(root, plain.getvalue())


@pytest.mark.parametrize("size", [-512, 1 << 40])
def test_a_header_of_an_impossible_size_is_refused(root, size):
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, size
    content = gzip.compress(header.tobuf(tarfile.GNU_FORMAT) + bytes(2048))

    with pytest.raises(Unsafe):
        unpacked(root, content)


def test_setuid_and_setgid_are_for_the_caller_to_leave_out_and_he_does(root):
    unpacked(root, packed(member("x", b"x", mode=0o6755)))

    assert (root / "x").stat().st_mode & 0o7777 == 0o755


@pytest.mark.parametrize("cut", [1, 9, 200])
def test_a_torn_archive_is_refused(root, cut):
    with pytest.raises(Unsafe):
        unpacked(root, packed(member("x", os.urandom(3000)))[:-cut])


def test_an_archive_without_its_end_is_refused(root):
    whole = gzip.decompress(packed(member("x", b"x")))

    with pytest.raises(Unsafe, match="not whole"):
        unpacked(root, gzip.compress(whole[:1024]))


WORDS = st.sampled_from(["a", "b", "..", ".", "", "/", "secret", "new", "\n", "c" * 40])
NAMES = st.lists(WORDS, min_size=1, max_size=4).map("/".join)
KINDS = st.sampled_from(
    [
        tarfile.REGTYPE,
        tarfile.REGTYPE,
        tarfile.DIRTYPE,
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.FIFOTYPE,
        tarfile.CHRTYPE,
    ]
)
MEMBERS = st.builds(
    lambda name, kind, link: member(name, b"x" if kind == tarfile.REGTYPE else b"", kind, link),
    NAMES,
    KINDS,
    NAMES,
)


@given(st.lists(MEMBERS, max_size=6))
@settings(max_examples=300, deadline=None)
def test_no_archive_writes_outside_or_makes_a_link_that_leads_out(members):
    with tempfile.TemporaryDirectory() as outer:
        root = Path(outer).resolve() / "root"
        root.mkdir()
        (root.parent / "secret").write_text("untouched")

        try:
            unpacked(root, packed(*members))
        except (Unsafe, ValueError):
            pass
        else:
            inside = [one for one in root.rglob("*") if one.is_symlink()]
            assert all(one.resolve().is_relative_to(root) for one in inside if _resolves(one))

        assert sorted(one.name for one in root.parent.iterdir()) == ["root", "secret"]
        assert (root.parent / "secret").read_text() == "untouched"


def _resolves(link):
    try:
        link.resolve(strict=True)
    except (OSError, RuntimeError):
        return False
    return True
