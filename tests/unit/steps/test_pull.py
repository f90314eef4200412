from dataclasses import dataclass, field, replace

from deployer.core.actions.files import MakeFolder
from deployer.core.actions.programs import Run
from deployer.core.actions.releases import Export, GiveUp
from deployer.core.command import command
from deployer.core.supply import Commit
from deployer.steps.pull import Pull
from tests.shop_values import FOLDER, REVISION, facts, target

MIRROR = "/srv/shop/repo.git"
GIT = ("git", "-C", MIRROR)
EXPORT = Export(repository=MIRROR, revision=REVISION, to=FOLDER, user="shop", interpreter="python3")
EMPTY = {"repository": {"exists": False, "tips": [], "has": {}}}
BEHIND = {"repository": {"exists": True, "tips": ["a" * 40], "has": {REVISION: False}}}
THERE = {"repository": {"exists": True, "tips": [REVISION], "has": {REVISION: True}}}
MAKE = (
    MakeFolder(MIRROR, mode=0o750, owner="shop", group="shop"),
    Run(command("git", "init", "--quiet", "--bare", MIRROR), user="shop", folder=MIRROR),
)
FETCH = tuple(
    Run(
        words,
        user="shop",
        folder=MIRROR,
        env=(
            ("GIT_TERMINAL_PROMPT", "0"),
            ("GIT_ALLOW_PROTOCOL", "https:ssh:file"),
            ("GIT_SSH_COMMAND", "ssh -oBatchMode=yes -oConnectTimeout=10"),
        ),
        hint="check that the host may read the repository: `inv setup` prints its key",
    )
    for words in (
        command(
            *GIT,
            "fetch",
            "--quiet",
            "--prune",
            "--end-of-options",
            "https://git.example.org/shop.git",
            "+refs/heads/*:refs/heads/*",
            "+refs/tags/*:refs/tags/*",
        ),
        command(*GIT, "cat-file", "-e", f"{REVISION}^{{commit}}"),
    )
)


@dataclass
class Local:
    known: list[tuple[str, ...]] = field(default_factory=list)

    def resolve(self, revision: str) -> str:
        return revision

    def pack(self, revision: str, known: tuple[str, ...]) -> bytes:
        self.known.append(known)
        return b"PACK"

    def log(self, older: str, newer: str) -> tuple[Commit, ...] | None:
        return None


def test_a_bare_host_gets_a_mirror_and_fetches_into_it():
    assert Pull().do(target(), facts(**EMPTY)) == (*MAKE, *FETCH, EXPORT)


def test_a_mirror_that_is_behind_fetches():
    assert Pull().do(target(), facts(**BEHIND)) == (*FETCH, EXPORT)


def test_a_commit_that_is_there_is_exported_at_once():
    assert Pull().do(target(), facts(**THERE)) == (EXPORT,)


def test_a_pushed_commit_travels_as_a_pack_of_what_the_host_lacks():
    local = Local()
    on = replace(target(), repository=local)

    assert Pull().do(on, facts(**BEHIND)) == (
        Run(
            command(*GIT, "index-pack", "--stdin", "--fix-thin"),
            user="shop",
            folder=MIRROR,
            stdin=b"PACK",
        ),
        Run(
            command(*GIT, "update-ref", f"refs/deployer/{REVISION}", REVISION),
            user="shop",
            folder=MIRROR,
        ),
        EXPORT,
    )
    assert local.known == [("a" * 40,)]


def test_a_part_of_a_repository_is_exported_alone():
    source = {"kind": "git", "url": "https://git.example.org/shop.git", "subdirectory": "web"}

    do = Pull().do(target({"source": source}), facts(**THERE))

    assert do == (replace(EXPORT, subdirectory="web"),)


def test_a_release_that_is_not_wanted_is_given_up():
    assert Pull().undo(target(), facts(**EMPTY)) == (GiveUp("000042-1a2b3c4"),)


def test_it_asks_for_the_pinned_commit():
    (asked,) = Pull().facts(target())

    assert asked.question()["revisions"] == [REVISION]
