import pytest

from deployer.core.report import Outcome
from tests.flow.fake_host import FakeHost, steps_done
from tests.flow.stage import FIRST, SECOND, THIRD, serving_first, stage

FIRST_ID, SECOND_ID = "000001-aaaaaaa", "000002-bbbbbbb"


def test_a_first_deploy_makes_the_release_serve_and_good():
    made = stage()

    code = made.deploy(FIRST)

    (host,) = made.hosts
    assert (code, made.outcomes) == (0, (Outcome.COMMITTED,))
    assert (host.serving, host.live, host.state_of(FIRST_ID)) == (FIRST_ID, FIRST_ID, "good")
    assert host.enabled == {"shop@blue.service"}


def test_the_next_deploy_serves_from_the_other_colour_and_keeps_the_old_one_warm():
    made = serving_first()

    code = made.deploy(SECOND)

    (host,) = made.hosts
    assert (code, made.outcomes) == (0, (Outcome.COMMITTED,))
    assert host.serving == SECOND_ID
    assert host.enabled == {"shop@green.service"}
    assert host.running["shop@blue.service"] == FIRST_ID
    assert host.cooling == {"shop@blue.service"}


def test_a_third_deploy_comes_back_to_the_first_colour():
    made = serving_first()
    made.deploy(SECOND)

    made.deploy(THIRD)

    (host,) = made.hosts
    assert host.serving == "000003-ccccccc"
    assert host.live_colour == "blue"
    assert host.cooling == {"shop@green.service"}


def test_a_redeploy_takes_few_round_trips():
    made = serving_first()

    made.deploy(SECOND)

    (host,) = made.hosts
    assert host.spoken == (
        "facts",
        "facts",
        "begin",
        "order PREPARE",
        "order BUILD",
        "order PUBLISH",
        "order VERIFY",
        "propose",
        "facts",
        "confirm",
        "order FINISH",
    )
    assert host.round_trips == 11  # two of them over the fresh connection


def test_what_is_live_and_healthy_is_not_deployed_again():
    made = serving_first(3)

    code = made.deploy(FIRST)

    assert (code, made.outcomes) == (0, (Outcome.UNCHANGED,) * 3)
    assert set(made.spoken.values()) == {("facts", "facts")}


def test_what_is_live_but_sick_is_deployed_again():
    made = serving_first()
    (host,) = made.hosts
    host.sick = {FIRST_ID}

    code = made.deploy(FIRST)

    assert (code, host.serving) == (0, "000002-aaaaaaa")
    assert made.warnings == ("aaaaaaa is live but not healthy: it answers 500",)


def test_force_deploys_what_is_live():
    made = serving_first()

    code = made.deploy(FIRST, force=True)

    assert (code, made.hosts[0].serving) == (0, "000002-aaaaaaa")


def test_another_configuration_of_the_same_code_is_another_release():
    made = serving_first()
    made.inventory = serving_first(app={"env": {"GREETING": "hello"}}).inventory

    code = made.deploy(FIRST)

    assert (code, made.hosts[0].serving) == (0, "000002-aaaaaaa")


def test_what_is_done_once_is_done_on_one_host():
    made = serving_first(3)
    for host in made.hosts:
        host.check = {
            "migrations": {
                "pending": [{"name": "shop.0002_more", "changes": [{"do": "create_table"}]}]
            }
        }

    made.deploy(SECOND)

    migrated = [host.name for host in made.hosts if "migrate" in steps_done(host)]
    assert migrated == ["web1"]
    assert made.hosts[0].releases[SECOND_ID]["migrations"] == "additive: shop.0002_more"


def test_the_host_with_the_role_migrates():
    made = stage(3, roles={"web3": ("web", "migrate")})
    for host in made.hosts:
        host.check = {"migrations": {"pending": ["shop.0001_initial"], "first": True}}

    made.deploy(FIRST)

    assert [host.name for host in made.hosts if "migrate" in steps_done(host)] == ["web3"]


def test_batches_go_live_one_after_the_other():
    made = serving_first(3, batches=(1, "100%"))
    gone_live: list[frozenset[str]] = []

    def note(_: object) -> None:
        now = frozenset(host.name for host in made.hosts if host.serving == SECOND_ID)
        if now not in gone_live:
            gone_live.append(now)

    made.watch = note

    code = made.deploy(SECOND)

    assert (code, made.outcomes) == (0, (Outcome.COMMITTED,) * 3)
    assert frozenset({"web1"}) in gone_live
    assert frozenset({"web2"}) not in gone_live
    assert gone_live[-1] == {"web1", "web2", "web3"}


def test_all_hosts_get_the_same_release_number_above_all_counters():
    made = serving_first(2)
    made.hosts[1].counter = 8

    made.deploy(SECOND)

    assert {host.serving for host in made.hosts} == {"000009-bbbbbbb"}


def test_a_revision_that_is_nowhere_stops_before_a_run_begins():
    made = serving_first()

    code = made.deploy("")

    assert code == 9
    assert made.error is not None
    assert "has no `main`" in made.error.message
    assert made.spoken == {"web1": ("facts",)}


def not_set_up(host: FakeHost) -> None:
    host.set_up = False


def without_room(host: FakeHost) -> None:
    host.free = 1 << 20


@pytest.mark.parametrize("spoil", [not_set_up, without_room])
def test_a_host_that_cannot_take_a_deploy_keeps_all_from_beginning(spoil):
    made = serving_first(3)
    spoil(made.hosts[1])

    code = made.deploy(SECOND)

    assert (code, made.outcomes) == (9, (Outcome.ABORTED,) * 3)
    assert made.failures == (("web2", "preflight"),)
    assert all("begin" not in spoken for spoken in made.spoken.values())
