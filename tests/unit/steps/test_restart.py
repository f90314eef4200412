import pytest

from deployer.core.actions.files import Install, Link, PutBack
from deployer.core.actions.releases import Mark
from deployer.core.actions.units import Pause, ReloadUnits, StartUnit, StopUnit
from deployer.core.step import LiveFile, Told
from deployer.steps.restart import Restart
from tests.shop_values import FIRST, FOLDER, OLD, REVISION, UNIT, app_answer, facts, record, target

RELEASE = "000042-1a2b3c4"
GREEN = "shop@green.service"
SAME = {"units": {UNIT.path: {"sha256": UNIT.sha256}}}
CHANGED = {"units": {UNIT.path: None}}
NEW_UNIT = (Install(f"{FOLDER}/config/system{UNIT.path}", UNIT.path, 0o644), ReloadUnits("shop"))
OLD_UNIT = (PutBack(UNIT.path), ReloadUnits("shop"))
WARM = app_answer(
    colours={
        "blue": {"release": OLD, "active": "active"},
        "green": {"release": RELEASE, "active": "active"},
    },
    releases=[record(42, REVISION)],
)


def test_the_release_starts_on_the_idle_colour():
    assert Restart().do(target(), facts(**SAME)) == (
        Mark(RELEASE, "live"),
        StopUnit(GREEN, timeout=30.0, kill=True),
        Link("/srv/shop/run/green", FOLDER),
        StartUnit(GREEN, timeout=60.0),
    )


def test_a_changed_unit_is_installed_before_the_start():
    assert Restart().do(target(), facts(**CHANGED)) == (
        Mark(RELEASE, "live"),
        StopUnit(GREEN, timeout=30.0, kill=True),
        Link("/srv/shop/run/green", FOLDER),
        *NEW_UNIT,
        StartUnit(GREEN, timeout=60.0),
    )


def test_a_release_that_is_known_keeps_its_state():
    known = app_answer(releases=[record(42, REVISION)])

    assert Restart().do(target(), facts(known, **SAME)) == (
        StopUnit(GREEN, timeout=30.0, kill=True),
        Link("/srv/shop/run/green", FOLDER),
        StartUnit(GREEN, timeout=60.0),
    )


@pytest.mark.parametrize("active", ["active", "deactivating"])
def test_one_that_had_users_a_moment_ago_ends_their_requests(active: str):
    older = {"release": "000040-0000000", "active": active}
    state = app_answer(colours={"blue": {"release": OLD, "active": "active"}, "green": older})

    do = Restart().do(target(), facts(state, **SAME))

    assert isinstance(do, tuple)
    assert do[1] == StopUnit(GREEN, timeout=900.0)


def test_a_first_release_starts_on_the_first_colour():
    do = Restart().do(target(), facts(FIRST, **SAME))

    assert isinstance(do, tuple)
    assert do[-1] == StartUnit("shop@blue.service", timeout=60.0)


def test_the_idle_colour_is_emptied_again():
    assert Restart().undo(target(), facts(**CHANGED)) == (
        StopUnit(GREEN, timeout=30.0, kill=True),
        PutBack("/srv/shop/run/green"),
        *OLD_UNIT,
    )


def test_an_unchanged_unit_is_not_touched_by_the_undo():
    assert Restart().undo(target(), facts(**SAME)) == (
        StopUnit(GREEN, timeout=30.0, kill=True),
        PutBack("/srv/shop/run/green"),
    )


def test_a_warm_release_goes_on_running_and_loses_its_time_to_stop():
    assert Restart().do(target(), facts(WARM, **SAME)) == (StartUnit(GREEN, timeout=60.0),)


def test_a_warm_release_gets_its_own_unit_back():
    assert Restart().do(target(), facts(WARM, **CHANGED)) == (
        *NEW_UNIT,
        StartUnit(GREEN, timeout=60.0),
    )


def test_a_warm_release_that_is_not_wanted_after_all_may_end_its_requests():
    assert Restart().undo(target(), facts(WARM, **CHANGED)) == (
        StopUnit(GREEN, timeout=30.0, after=3.0),
        PutBack("/srv/shop/run/green"),
        *OLD_UNIT,
    )


def test_sites_are_not_its_business():
    assert [fact.question() for fact in Restart().facts(target())] == [
        {"fact": "app", "key": "app"},
        {"fact": "files", "key": "units", "paths": [UNIT.path]},
    ]


SOCKET = LiveFile("/etc/systemd/system/shop@.socket", "socket-sha")
SOCKETS = ("shop@blue.socket", "shop@green.socket")
KINDS = {kind: {"runtime": {"kind": "systemd", "restart": kind}} for kind in ("plain", "socket")}
INHERITING = {"units": {one.path: {"sha256": one.sha256} for one in (UNIT, SOCKET)}}


def told(app, answers, live_files, **state):
    on = target(app, live_files=live_files)
    known = app_answer(**state)
    work = Restart().do(on, facts(known, answers))
    assert isinstance(work, Told)
    return work.actions[3:], Restart().undo(on, facts(known, answers))


def test_plain_stops_the_old_one_before_the_start():
    do, undo = told(KINDS["plain"], SAME, (UNIT,))

    assert do == (
        Pause(("shop@blue.service",), timeout=900.0),
        StartUnit(GREEN, timeout=60.0),
    )
    assert undo == (
        StopUnit(GREEN, timeout=30.0, kill=True),
        PutBack("/srv/shop/run/green"),
    )


def test_with_sockets_that_are_kept_users_wait_and_have_a_moment_to_get_their_answers():
    do, undo = told(KINDS["socket"], INHERITING, (UNIT, SOCKET), inherits=True)

    assert do == (
        Pause(("shop@blue.service",), timeout=900.0, held=True),
        StartUnit(GREEN, timeout=60.0),
    )
    assert undo == (StopUnit(GREEN, timeout=3.0), PutBack("/srv/shop/run/green"))


def test_users_are_sent_to_a_socket_that_stays_before_the_old_release_removes_its_own():
    do, undo = told(KINDS["socket"], INHERITING, (UNIT, SOCKET))

    assert do == (
        *map(StopUnit, SOCKETS),
        StartUnit("shop@green.socket"),
        Link("/srv/shop/run/live.sock", "/run/shop-green/app.sock"),
        Pause(("shop@blue.service",), timeout=900.0, held=True),
        StartUnit(GREEN, timeout=60.0),
    )
    assert undo == (
        PutBack("/srv/shop/run/live.sock"),
        StopUnit(GREEN, timeout=3.0),
        *map(StopUnit, SOCKETS),
        PutBack("/srv/shop/run/green"),
    )


def test_a_warm_one_whose_sockets_were_closed_is_started_anew_with_open_ones():
    on = target(live_files=(UNIT, SOCKET))

    work = Restart().do(on, facts(WARM, INHERITING))

    assert isinstance(work, Told)
    assert work.actions == (
        StopUnit(GREEN, timeout=900.0),
        Link("/srv/shop/run/green", FOLDER),
        *map(StopUnit, SOCKETS),
        StartUnit("shop@green.socket"),
        Link("/srv/shop/run/live.sock", "/run/shop-green/app.sock"),
        Pause(("shop@blue.service",), 900.0, held=True),
        StartUnit(GREEN, timeout=60.0),
    )


@pytest.mark.parametrize(
    ("kind", "opened"),
    [
        ("plain", tuple(map(StopUnit, SOCKETS))),
        ("blue-green", (StopUnit(SOCKETS[1]), StartUnit(SOCKETS[1]))),
    ],
)
def test_sockets_that_one_without_them_has_removed_are_opened_again(kind, opened):
    app = {"runtime": {"kind": "systemd", "restart": kind}}
    known = facts(app_answer(inherits=True), SAME)

    undo = Restart().undo(target(app, live_files=(UNIT,)), known)

    assert undo[-len(opened) :] == opened
