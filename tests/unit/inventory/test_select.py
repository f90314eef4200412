import pytest

from deployer.errors import UsageError
from deployer.inventory.loader import load
from deployer.inventory.select import select
from tests.unit.inventory.good import with_line, written

HOSTS = """=  web1: {address: a.b, roles: [web, migrate]}
  web2: {address: c.d}
  work1: {address: e.f, roles: [worker]}"""


@pytest.fixture
def inventory(tmp_path):
    return load(written(tmp_path, with_line("web1", HOSTS)), "prod", {})


@pytest.mark.parametrize(
    ("limit", "names"),
    [
        ("", ["web1", "web2", "work1"]),
        ("web1", ["web1"]),
        ("web", ["web1", "web2"]),
        ("migrate", ["web1"]),
        ("worker,web1", ["web1", "work1"]),
        ("work1, web2", ["web2", "work1"]),
        ("web,!web1", ["web2"]),
        ("!web1", ["web2", "work1"]),
        ("!web", ["work1"]),
        ("web1,web1", ["web1"]),
    ],
)
def test_hosts_are_chosen_by_name_or_role_in_the_files_order(limit, names, inventory):
    assert [host.name for host in select(inventory, limit)] == names


@pytest.mark.parametrize("limit", ["web1,!web", "!web,!worker"])
def test_nobody_left_is_refused(limit, inventory):
    with pytest.raises(UsageError, match="No host is left") as caught:
        select(inventory, limit)

    assert "web1, web2, work1" in caught.value.hint


@pytest.mark.parametrize(
    "limit", ["wbe1", "web1,wbe1", "!wbe1", " ", ",", "web1,", "*", "web1\n,x"]
)
def test_an_unknown_name_is_refused(limit, inventory):
    with pytest.raises(UsageError, match="no host and no role") as caught:
        select(inventory, limit)

    assert "migrate, web, worker" in caught.value.hint
    assert ("Did you mean" in caught.value.hint) == ("wbe1" in limit)
