from io import StringIO
from pathlib import Path

import pytest

from deployer.api.deployment import leader_of, live_health, make_plan, next_release, targets
from deployer.api.environment import Environment
from deployer.api.place import Place
from deployer.api.request import Request
from deployer.core.fact import Facts
from deployer.core.host_state import AppState, parse_app_state
from deployer.core.inventory import Inventory
from deployer.core.plan import Plan
from deployer.core.release import Release
from deployer.recipes.deploy import deploy
from deployer.recipes.settle import settle
from tests.shop_values import OLD, RELEASE, REVISION, Section, app_answer, hosts_of, inventory

LIVE = parse_app_state(app_answer())
SQLITE: Section = {"database": {"kind": "sqlite", "path": "db.sqlite3"}}


def at(whole: Inventory) -> Environment:
    place = Place(Path("/nowhere"), {"GITHUB_ACTOR": "ann"}, StringIO(), StringIO(), None)
    hosts = tuple(whole.hosts.values())
    return Environment(place, Request("deploy"), whole, hosts, {}, lambda _: None, "run-1")


def three(app: Section | None = None, migrate: str = "", **rest: object) -> Environment:
    named = {
        name: {**host, "roles": ["web", "migrate"] if name == migrate else ["web"]}
        for name, host in hosts_of(3).items()
    }
    return at(inventory(app, hosts=named, rest=rest))


def leaders(of: Environment) -> list[str]:
    made = targets(of, RELEASE, dict.fromkeys(of.inventory.hosts, ()))
    return [target.host.name for target in made if target.leader]


@pytest.mark.parametrize(("migrate", "leader"), [("", "web1"), ("web2", "web2")])
def test_the_host_with_the_role_leads_or_the_first_one(migrate, leader):
    made = three(migrate=migrate)

    assert leader_of(made.hosts) == leader
    assert leaders(made) == [leader]


def test_hosts_with_a_database_of_their_own_all_lead():
    assert leaders(three(SQLITE)) == ["web1", "web2", "web3"]


def test_a_release_is_above_all_counters():
    found = {"web1": AppState(set_up=True, counter=3), "web2": AppState(set_up=False)}

    assert next_release(found, REVISION) == Release(4, REVISION)


def plan(of: Environment, *, makes_release: bool = True) -> Plan:
    on = targets(of, RELEASE, dict.fromkeys(of.inventory.hosts, ()))
    found = dict.fromkeys(of.inventory.hosts, LIVE)
    return make_plan(of, "deploy", deploy(), on, found, makes_release=makes_release)


def test_a_plan_holds_for_each_host_what_it_saw_and_what_settles():
    of = three(rollout={"batches": [1, "100%"]})

    made = plan(of)

    names = ("web1", "web2", "web3")
    assert (made.run, made.actor, made.release) == ("run-1", "ann (CI)", RELEASE)
    assert made.batches == (("web1",), ("web2", "web3"))
    assert made.fences == dict.fromkeys(names, 7)
    assert made.live == dict.fromkeys(names, OLD)
    assert made.settle == dict.fromkeys(names, settle(of.inventory.app, LIVE))


def test_a_plan_without_a_release_makes_none():
    assert plan(three(), makes_release=False).release is None


def test_the_health_of_what_is_live_is_asked_through_the_web_server():
    of = three()
    fact = live_health(of, LIVE)

    question = fact.question()
    assert (question["fact"], question["key"]) == ("health", "health")
    assert (question["release"], question["settle"]) == (OLD, 0.0)
    assert question["unit"] == "shop@blue.service"
    assert "http://127.0.0.1:80" in str(question["probes"])


@pytest.mark.parametrize(
    ("answer", "healthy"),
    [
        ({"healthy": True, "cause": ""}, (True, "")),
        ({"healthy": False, "cause": "it answers 500"}, (False, "it answers 500")),
        ({"healthy": "yes"}, (False, "")),
        (None, (False, "")),
    ],
)
def test_only_a_clear_yes_is_healthy(answer, healthy):
    assert Facts({"health": answer})[live_health(three(), LIVE)] == healthy
