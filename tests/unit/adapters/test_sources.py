import pytest
from pydantic import ValidationError

from deployer.core.ports import Source
from tests.shop_values import inventory

COMMIT = "1a2b3c4" + "0" * 33
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJc7nh5Hl1WrEGCj7EQ6Y3dC9rK0aQ8Z8T0Zk2S3h4Ux"


def source(**fields: object) -> Source:
    return inventory({"source": {"kind": "git", **fields}}).app.source


def test_a_host_mirrors_all_refs_and_insists_on_the_pinned_commit():
    made = source(url="https://git.example.org/shop.git")

    fetch = "fetch --quiet --prune --end-of-options https://git.example.org/shop.git"
    refs = "'+refs/heads/*:refs/heads/*' '+refs/tags/*:refs/tags/*'"
    assert [str(one) for one in made.fetch("/srv/shop/repo.git", COMMIT)] == [
        f"git -C /srv/shop/repo.git {fetch} {refs}",
        f"git -C /srv/shop/repo.git cat-file -e '{COMMIT}^{{commit}}'",
    ]


def test_a_repository_on_this_machine_can_only_be_pushed():
    with pytest.raises(ValidationError, match="transport: push"):
        source(url="../shop", transport="pull")
    assert source(url="../shop", transport="push").transport == "push"


def test_the_project_itself_is_pushed_when_nothing_is_said():
    made = inventory({"source": {"kind": "git", "transport": "push"}}).app.source

    assert (made.url, made.revision, made.subdirectory) == (".", "main", "")


def test_the_keys_of_a_forge_become_lines_of_known_hosts():
    made = source(url="ssh://git@git.example.org:2222/shop.git", host_keys=[KEY])

    assert made.known_hosts == (f"[git.example.org]:2222 {KEY}",)
