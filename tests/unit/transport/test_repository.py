import os
import subprocess
from pathlib import Path

import pytest

from deployer.core.supply import Commit
from deployer.errors import NoSuchRevision, UsageError
from deployer.transport.repository import LocalRepository

ENV = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ann",
    "GIT_AUTHOR_EMAIL": "ann@example.org",
    "GIT_COMMITTER_NAME": "Ann",
    "GIT_COMMITTER_EMAIL": "ann@example.org",
}


def git(folder: Path, *words: str, stdin: bytes = b"") -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *words], input=stdin, env=ENV, check=True, capture_output=True
    )
    return done.stdout.decode().strip()


def commit(folder: Path, subject: str, **files: str) -> str:
    for name, text in files.items():
        place = folder / name.replace("__", "/").replace("_py", ".py")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", subject)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    return folder


def test_branches_tags_and_commits_become_full_commits(work):
    first = commit(work, "One", a="1")
    git(work, "tag", "--annotate", "--message=x", "v1")
    repository = LocalRepository(work)

    assert [repository.resolve(name) for name in ("main", "v1", first[:8], first)] == [first] * 4


@pytest.mark.parametrize("revision", ["nothing", "", "--all", "HEAD:a", "main^{tree}"])
def test_what_is_no_commit_is_refused_with_the_next_step(work, revision):
    commit(work, "One", a="1")

    with pytest.raises(NoSuchRevision) as caught:
        LocalRepository(work).resolve(revision)

    assert caught.value.message == f"`{work}` has no branch, tag or commit `{revision}`."
    assert "git -C" in caught.value.hint


def test_a_folder_without_git_is_a_mistake_of_the_inventory(tmp_path):
    with pytest.raises(UsageError, match="is not a git repository"):
        LocalRepository(tmp_path)


def receive(host: Path, pack: bytes, revision: str) -> None:
    git(host, "index-pack", "--stdin", "--fix-thin", stdin=pack)
    git(host, "update-ref", f"refs/deployer/{revision}", revision)


def test_a_pack_brings_a_commit_to_a_bare_mirror_and_then_only_what_is_new(work, tmp_path):
    first = commit(work, "One", a="1" * 5000)
    host = tmp_path / "host.git"
    host.mkdir()
    git(host, "init", "--quiet", "--bare")
    repository = LocalRepository(work)
    whole = repository.pack(first, ())
    receive(host, whole, first)

    second = commit(work, "Two", b="2")
    rest = repository.pack(second, (first, "f" * 40))
    receive(host, rest, second)

    assert git(host, "show", f"{second}:b") == "2"
    assert git(host, "show", f"{first}:a") == "1" * 5000
    git(host, "fsck", "--connectivity-only", second)
    assert git(host, "rev-list", "--count", second) == "2"


def test_hosts_that_know_the_same_share_one_pack(work):
    first = commit(work, "One", a="1")
    second = commit(work, "Two", b="2")
    repository = LocalRepository(work)

    shared = repository.pack(second, (first,))

    assert repository.pack(second, (first, "f" * 40)) is shared
    assert repository.pack(second, ()) != shared


def test_a_commit_that_is_not_here_cannot_be_packed(work):
    commit(work, "One", a="1")

    with pytest.raises(NoSuchRevision, match="cannot give all of"):
        LocalRepository(work).pack("f" * 40, ())


def test_the_commits_of_a_deploy_are_told_newest_first(work):
    first = commit(work, "One", a="1")
    second = commit(work, "Two: with\x1fnoise", a="2")
    third = commit(work, "Three", a="3")

    assert LocalRepository(work).log(first, third) == (
        Commit(third, "Ann", "Three"),
        Commit(second, "Ann", "Two: with\x1fnoise"),
    )


def test_commits_from_somewhere_unknown_cannot_be_told(work):
    first = commit(work, "One", a="1")

    assert LocalRepository(work).log("f" * 40, first) is None
    assert LocalRepository(work).log("not a commit", first) is None


def test_new_migrations_are_found_by_their_files(work):
    first = commit(work, "One", shop__migrations__0001_py="", shop__migrations____init___py="")
    second = commit(work, "Two", shop__migrations__0002_py="2", shop__views_py="")
    repository = LocalRepository(work)

    assert repository.new_migrations(first, second) == ("shop/migrations/0002.py",)
    assert "shop/migrations/0001.py" in repository.new_migrations("", second)
    assert repository.text(second, "shop/migrations/0002.py") == "2"
    assert repository.text(first, "shop/migrations/0002.py") == ""


def test_a_git_hook_that_deploys_reads_the_repository_it_names(work, tmp_path, monkeypatch):
    first = commit(work, "One", a="1")
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "--quiet", "--initial-branch=main")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git/index"))

    assert LocalRepository(work).resolve("main") == first


def test_what_is_checked_out_and_not_committed_is_told(work):
    first = commit(work, "One", a="1", b="1", c="1")
    (work / "a").write_text("2")
    (work / "b").rename(work / "moved")
    (work / "c").write_text("2")
    git(work, "add", "c")
    repository = LocalRepository(work)

    assert repository.checked_out() == ("main", first)
    assert sorted(repository.uncommitted()) == ["a", "b", "c", "moved"]


def test_a_repository_without_a_commit_has_none_checked_out(work):
    assert LocalRepository(work).checked_out() == ("main", "")


def test_a_bare_repository_has_no_files_of_its_own(tmp_path):
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main")

    assert LocalRepository(tmp_path).uncommitted() == ()


def test_an_older_commit_is_known_as_such(work):
    first, second = (commit(work, name, a=name) for name in ("One", "Two"))
    repository = LocalRepository(work)

    assert repository.is_before(first, second)
    assert not repository.is_before(second, first)
    assert not repository.is_before(first, first)
    assert not repository.is_before("0" * 40, first)
