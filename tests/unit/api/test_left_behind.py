from dataclasses import dataclass

import pytest

from deployer.api.left_behind import left_behind, step_back

HEAD = "a" * 40
OTHER = "b" * 40
OWN = ("inventories/prod.yaml", "inventories/", ".lab/", "tasks.py", ".env.prod")


@dataclass
class Folder:
    branch: str = "main"
    head: str = HEAD
    files: tuple[str, ...] = ()

    def checked_out(self):
        return self.branch, self.head

    def uncommitted(self):
        return self.files


@pytest.mark.parametrize(
    ("folder", "asked", "commit", "said"),
    [
        (Folder(), "", HEAD, ()),
        (Folder(files=OWN), "", HEAD, ()),
        (Folder(head=""), "", HEAD, ()),
        (Folder(files=("shop/a.py",)), "v1", OTHER, ()),
        (
            Folder(files=("shop/a.py",)),
            "",
            HEAD,
            ("`shop/a.py` is changed and not committed, so the change is not deployed",),
        ),
        (
            Folder(files=("a", "b", "c", "d", *OWN)),
            "main",
            HEAD,
            ("4 files are changed and not committed, so they are not deployed: `a`, `b`, `c`, …",),
        ),
        (
            Folder(branch="feature"),
            "",
            OTHER,
            ("this is about `main` (bbbbbbb), but `feature` (aaaaaaa) is checked out here",),
        ),
        (
            Folder(branch=""),
            "",
            OTHER,
            ("this is about `main` (bbbbbbb), but aaaaaaa is checked out here",),
        ),
    ],
)
def test_what_a_deploy_does_not_take_along_is_told(folder, asked, commit, said):
    assert left_behind(folder, asked, "main", commit) == said


@dataclass
class Line:
    """Commits, the oldest first."""

    commits: str

    def is_before(self, older, newer):
        return older != newer and self.commits.index(older) < self.commits.index(newer)


@pytest.mark.parametrize(
    ("live", "commit", "told"),
    [(("b",), "a", True), (("b",), "b", False), (("b",), "c", False), (("", "c"), "b", True)],
)
def test_a_deploy_of_an_older_commit_than_the_live_one_is_told(live, commit, told):
    said = step_back(Line("abc"), live, commit)

    assert bool(said) is told
    assert all("is older than what is live" in one and "inv rollback" in one for one in said)


def test_nothing_live_is_nothing_to_go_back_from():
    assert step_back(Line("abc"), (), "a") == ()
