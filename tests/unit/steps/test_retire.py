from deployer.core.actions.files import Unlink
from deployer.core.actions.releases import Mark
from deployer.core.actions.units import ReloadUnits, StopUnit
from deployer.core.step import Skip
from deployer.steps.retire import Retire
from tests.shop_values import FIRST, OLD, app_answer, facts, target

BLUE = "shop@blue.service"


def test_the_old_release_stays_warm_and_stops_later():
    assert Retire().do(target(), facts()) == (StopUnit(BLUE, after=120.0),)


def test_it_never_stops_before_its_requests_have_ended():
    runtime = {"kind": "systemd", "keep_warm": 0, "drain": "5s"}

    assert Retire().do(target({"runtime": runtime}), facts()) == (StopUnit(BLUE, after=5.0),)


def test_a_bad_release_is_marked_and_not_kept_warm():
    assert Retire(mark_bad=True).do(target(), facts()) == (
        Mark(OLD, "rolled-back"),
        StopUnit(BLUE, after=3.0),
    )


def test_after_a_first_deploy_there_is_none_to_retire():
    assert Retire().do(target(), facts(FIRST)) == Skip("no release to retire")


def test_a_release_never_retires_itself():
    live = app_answer(live="000042-1a2b3c4")

    assert Retire(mark_bad=True).do(target(), facts(live)) == Skip("no release to retire")


def test_what_has_finished_is_not_undone():
    assert Retire().undo(target(), facts()) == ()


def test_one_that_has_made_way_already_is_only_marked():
    plain = target({"runtime": {"kind": "systemd", "restart": "plain"}})

    assert isinstance(Retire().do(plain, facts()), Skip)
    assert Retire(mark_bad=True).do(plain, facts()) == (Mark(OLD, "rolled-back"),)


def test_sockets_that_nobody_inherits_any_more_are_closed_and_their_units_removed():
    assert Retire().do(target(), facts(app_answer(inherits=True))) == (
        StopUnit(BLUE, after=120.0),
        StopUnit("shop@blue.socket"),
        StopUnit("shop@green.socket"),
        Unlink("/etc/systemd/system/shop@.socket"),
        Unlink("/etc/systemd/system/deployer-shop-socket@.service"),
        ReloadUnits("shop"),
    )
