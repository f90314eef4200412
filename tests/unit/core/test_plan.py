import pytest

from deployer.core.plan import Plan, batches
from deployer.core.release import Release
from deployer.core.step import Phase, Scope, Target
from deployer.recipes.deploy import deploy
from tests.shop_values import REVISION, hosts_of, inventory

THREE = ("a", "b", "c")


def plan(leaders: tuple[str, ...] = ("web1",)) -> Plan:
    whole = inventory(hosts=hosts_of(2))
    release = Release(1, REVISION)
    on = tuple(Target(whole, host, release, host.name in leaders) for host in whole.hosts.values())
    return Plan("run", "deploy", "ann", deploy(), on, (("web1", "web2"),), {}, {}, {}, release)


@pytest.mark.parametrize(
    ("hosts", "sizes", "expected"),
    [
        (THREE, ("100%",), (THREE,)),
        (THREE, (1, "100%"), (("a",), ("b", "c"))),
        (THREE, (1,), (("a",), ("b",), ("c",))),
        (THREE, (2,), (("a", "b"), ("c",))),
        (THREE, ("50%",), (("a",), ("b",), ("c",))),
        (THREE, ("1%",), (("a",), ("b",), ("c",))),
        (THREE, (9,), (THREE,)),
        ((*THREE, "d"), ("50%",), (("a", "b"), ("c", "d"))),
        ((), (1,), ()),
    ],
)
def test_hosts_are_cut_into_batches(hosts, sizes, expected):
    assert batches(hosts, sizes) == expected


@pytest.mark.parametrize("share", range(1, 101))
def test_a_share_of_a_hundred_hosts_is_exact(share):
    hosts = tuple(map(str, range(100)))

    assert len(batches(hosts, (f"{share}%",))[0]) == share


def test_steps_are_found_by_phase_and_scope():
    made = plan()

    assert [step.name for step in made.steps_of(Phase.PREPARE)] == ["preflight", "backup"]
    assert [step.name for step in made.steps_of(Phase.PUBLISH, Scope.ONCE)] == [
        "backup_database",
        "migrate",
    ]
    assert [step.name for step in made.steps_of(Phase.PUBLISH, Scope.EACH)] == [
        "collect_static",
        "restart",
    ]


def test_leaders_and_targets_are_found_by_name():
    made = plan(leaders=("web2",))

    assert made.leaders == ("web2",)
    assert made.target("web1") == made.targets[0]
