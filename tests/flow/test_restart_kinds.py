"""Deploys and rollbacks of apps whose releases take turns instead of running side by side."""

import pytest

from deployer.core.event import Noticed
from tests.flow.fake_host import FakeHost, Trouble
from tests.flow.stage import FIRST, SECOND, Stage, serving_first
from tests.shop_values import Section

FIRST_ID, SECOND_ID = "000001-aaaaaaa", "000002-bbbbbbb"
ONE_AT_A_TIME = ("plain", "socket")
SOCKETS = {"shop@blue.socket", "shop@green.socket"}


def app(kind: str) -> Section:
    return {"runtime": {"kind": "systemd", "restart": kind}}


def becomes(made: Stage, kind: str) -> None:
    """Have another kind in the inventory from now on."""
    made.inventory = serving_first(app=app(kind)).inventory


def services(host: FakeHost) -> dict[str, str]:
    return {unit: run for unit, run in host.running.items() if unit not in SOCKETS}


@pytest.mark.parametrize("kind", ONE_AT_A_TIME)
def test_the_old_release_stops_first_and_is_not_kept_warm(kind: str) -> None:
    made = serving_first(app=app(kind))

    code = made.deploy(SECOND)

    (host,) = made.hosts
    assert (code, host.serving) == (0, SECOND_ID)
    assert host.down == ["shop@blue.service"]
    assert services(host) == {"shop@green.service": SECOND_ID}
    assert not host.cooling


@pytest.mark.parametrize("kind", ONE_AT_A_TIME)
@pytest.mark.parametrize("step", ["restart", "check_health", "activate", "check_front"])
def test_after_a_failure_the_old_release_is_started_again(kind: str, step: str) -> None:
    made = serving_first(app=app(kind), troubles={"web1": Trouble(fails=step)})

    code = made.deploy(SECOND)

    (host,) = made.hosts
    assert (code, host.serving, host.live) == (6, FIRST_ID, FIRST_ID)
    assert services(host) == {"shop@blue.service": FIRST_ID}
    assert host.enabled == {"shop@blue.service"}


@pytest.mark.parametrize("kind", ONE_AT_A_TIME)
def test_a_rollback_starts_the_older_release_in_the_place_of_the_bad_one(kind: str) -> None:
    made = serving_first(app=app(kind))
    made.deploy(SECOND)

    code = made.rollback()

    (host,) = made.hosts
    assert (code, host.serving) == (0, FIRST_ID)
    assert services(host) == {"shop@blue.service": FIRST_ID}
    assert host.state_of(SECOND_ID) == "rolled-back"


@pytest.mark.parametrize(
    ("kind", "said"),
    [("plain", "users get errors from the stop"), ("socket", "users wait from the stop")],
)
def test_what_users_will_notice_is_told(kind: str, said: str) -> None:
    made = serving_first(app=app(kind))

    made.deploy(SECOND)

    told = [event.text for event in made.events if isinstance(event, Noticed)]
    assert [text for text in told if text.startswith(said)]


def test_a_first_deploy_and_one_beside_say_nothing_of_the_kind() -> None:
    made = serving_first(app=app("plain"))
    told = [event.text for event in made.events if isinstance(event, Noticed)]
    beside = serving_first()
    beside.deploy(SECOND)
    told += [event.text for event in beside.events if isinstance(event, Noticed)]

    assert not [text for text in told if text.startswith("users ")]
    assert beside.hosts[0].down == []


def test_from_blue_green_to_socket_the_sockets_are_there_before_the_old_release_stops() -> None:
    made = serving_first()
    becomes(made, "socket")

    code = made.deploy(SECOND)

    (host,) = made.hosts
    assert (code, host.serving) == (0, SECOND_ID)
    assert "shop@green.socket" in host.running
    assert "/etc/systemd/system/shop@.socket" in host.files


@pytest.mark.parametrize("step", ["restart", "check_health", "check_front"])
def test_a_failed_change_to_socket_leaves_nothing_of_it(step: str) -> None:
    made = serving_first(troubles={"web1": Trouble(fails=step)})
    becomes(made, "socket")

    code = made.deploy(SECOND)

    (host,) = made.hosts
    assert (code, host.serving) == (6, FIRST_ID)
    assert host.running == {"shop@blue.service": FIRST_ID}
    assert "/etc/systemd/system/shop@.socket" not in host.files


def test_from_socket_to_blue_green_the_new_release_is_proven_beside_the_old_one() -> None:
    made = serving_first(app=app("socket"))
    becomes(made, "blue-green")

    code = made.deploy(SECOND)

    (host,) = made.hosts
    assert (code, host.serving, host.down) == (0, SECOND_ID, [])
    assert host.running == {"shop@blue.service": FIRST_ID, "shop@green.service": SECOND_ID}
    assert "/etc/systemd/system/shop@.socket" not in host.files


def test_two_that_share_their_sockets_never_run_side_by_side_whatever_the_inventory_says() -> None:
    made = serving_first(app=app("socket"))
    becomes(made, "blue-green")
    made.deploy(SECOND)
    (host,) = made.hosts
    host.running.pop("shop@blue.service")  # no more warm
    host.cooling.clear()

    code = made.rollback(to=FIRST_ID)

    assert (code, host.serving, host.down) == (0, FIRST_ID, ["shop@green.service"])
    assert services(host) == {"shop@blue.service": FIRST_ID}
    assert FIRST.startswith("aaaaaaa")
