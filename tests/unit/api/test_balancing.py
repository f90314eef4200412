import sys
from dataclasses import replace

import pytest

from deployer.api.balanced import checked
from deployer.api.balancing import on_balancers
from deployer.api.environment import Environment
from deployer.api.perform import environment
from deployer.api.place import Place
from deployer.api.request import DrainRequest, Request
from deployer.core.inventory import Inventory
from deployer.errors import UsageError
from tests.shop_values import hosts_of, inventory

INVENTORY = """\
app:
  name: shop
  source: {kind: git, url: "https://git.example.org/shop.git"}
  app_server: {kind: gunicorn, module: "shop.wsgi:application"}
  web_server: {kind: nginx, server_names: [shop.example.org]}
balancer: nginx
hosts:
  lb1: {address: 192.0.2.9, roles: [balancer]}
  web1: {address: 192.0.2.1}
  web2: {address: 192.0.2.2}
"""


@pytest.fixture
def place(tmp_path) -> Place:
    (tmp_path / "inventories").mkdir()
    (tmp_path / "inventories/prod.yaml").write_text(INVENTORY)
    return Place(tmp_path, {}, sys.stdout, sys.stderr, None)


def read(place: Place, request: Request, *, balancers_too: bool = False) -> Environment:
    return environment(
        place, request, lambda _: None, with_secrets=False, balancers_too=balancers_too
    )


def names(hosts) -> list[str]:
    return [host.name for host in hosts]


def test_a_command_about_the_app_leaves_balancers_out(place):
    at = read(place, Request("deploy"))

    assert (names(at.hosts), names(at.balancers)) == (["web1", "web2"], ["lb1"])


def test_a_command_about_the_app_is_not_for_a_balancer_alone(place):
    with pytest.raises(UsageError, match="only balancers") as caught:
        read(place, Request("deploy", limit="lb1"))

    assert "web1, web2" in caught.value.hint
    assert names(read(place, Request("setup", limit="lb1"), balancers_too=True).balancers) == [
        "lb1"
    ]


def test_draining_is_done_on_the_balancers(place):
    at = read(place, DrainRequest("drain", host="web2"))

    assert names(on_balancers(at).hosts) == ["lb1"]


@pytest.mark.parametrize(("host", "said"), [("", "missing"), ("lb1", "no web host")])
def test_only_a_web_host_can_be_left_out(place, host, said):
    with pytest.raises(UsageError, match=said) as caught:
        on_balancers(read(place, DrainRequest("drain", host=host)))

    assert "web1, web2" in caught.value.hint


def test_without_a_balancer_there_is_nothing_to_drain(place):
    whole: Inventory = inventory(hosts=hosts_of(2))
    at = replace(read(place, DrainRequest("drain", host="web1")), inventory=whole)

    with pytest.raises(UsageError, match="no balancer"):
        on_balancers(at)


def test_a_batch_that_would_leave_nobody_is_refused_before_any_host_is_contacted(place):
    at = read(place, Request("deploy"))
    rollout = at.inventory.rollout.model_validate({"batches": ("100%",)})
    whole = replace(at, inventory=at.inventory.model_copy(update={"rollout": rollout}))

    with pytest.raises(UsageError, match="all web hosts") as caught:
        checked(whole)

    assert caught.value.exit_code == 2
    assert "batches: [1]" in caught.value.hint
    assert checked(at) is at
