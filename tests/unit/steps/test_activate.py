from deployer.core.actions.files import Install, Link, PutBack
from deployer.core.actions.units import StopUnit, SwapEnabled
from deployer.core.actions.web_server import ReloadWebServer
from deployer.steps.activate import Activate
from tests.shop_values import FIRST, FOLDER, OLD, SITE, app_answer, facts, target

AVAILABLE = "/etc/nginx/sites-available/shop.conf"
ENABLED = "/etc/nginx/sites-enabled/shop.conf"
CHANGED = {"sites": {AVAILABLE: {"sha256": "another"}}}
SAME = {"sites": {AVAILABLE: {"sha256": SITE.sha256}}}
SWITCH = (
    Link("/srv/shop/run/previous", f"/srv/shop/releases/{OLD}"),
    Link("/srv/shop/run/live", FOLDER),
    Link("/srv/shop/run/live.sock", "/run/shop-green/app.sock"),
)
BOOT = (
    SwapEnabled("shop@green.service", "shop@blue.service"),
    Link("/srv/shop/current", "releases/000042-1a2b3c4"),
)


def test_users_are_sent_to_the_other_colour_by_renamed_links():
    do = Activate().do(target(), facts(**SAME))

    assert do == (*SWITCH, *BOOT)


def test_a_changed_site_goes_live_with_the_switch():
    do = Activate().do(target(), facts(**CHANGED))

    assert do == (
        *SWITCH,
        Install(f"{FOLDER}/config/system{AVAILABLE}", AVAILABLE, 0o644),
        Link(ENABLED, AVAILABLE),
        ReloadWebServer(),
        *BOOT,
    )


def test_a_first_release_has_no_previous_one():
    do = Activate().do(target(), facts(FIRST, **SAME))

    assert do == (
        Link("/srv/shop/run/live", FOLDER),
        Link("/srv/shop/run/live.sock", "/run/shop-blue/app.sock"),
        SwapEnabled("shop@blue.service", ""),
        Link("/srv/shop/current", "releases/000042-1a2b3c4"),
    )


def test_the_socket_is_the_first_thing_that_goes_back():
    undo = Activate().undo(target(), facts(**SAME))

    assert undo == (
        PutBack("/srv/shop/run/live.sock"),
        PutBack("/srv/shop/run/live"),
        PutBack("/srv/shop/run/previous"),
        PutBack("/srv/shop/current"),
        SwapEnabled("shop@blue.service", "shop@green.service"),
        StopUnit("shop@green.service"),
    )


def test_what_has_served_answers_its_last_requests_unless_it_is_kept_warm():
    warm = {
        "blue": {"release": OLD, "active": "active"},
        "green": {"release": "000042-1a2b3c4", "active": "active"},
    }

    kept = Activate().undo(target(), facts(app_answer(colours=warm), **SAME))
    new = Activate().undo(target(), facts(**SAME))

    assert [one for one in kept if isinstance(one, StopUnit)] == []
    assert new[-1] == StopUnit("shop@green.service", kill=False, after=0.0)


def test_a_changed_site_goes_back_and_is_reloaded():
    undo = Activate().undo(target(), facts(**CHANGED))

    assert undo[-4:-1] == (PutBack(ENABLED), PutBack(AVAILABLE), ReloadWebServer())


def test_everything_that_is_replaced_is_put_back():
    do = Activate().do(target(), facts(**CHANGED))
    undo = Activate().undo(target(), facts(**CHANGED))

    assert isinstance(do, tuple)
    replaced = {one.path for one in do if isinstance(one, Link | Install)}
    assert replaced == {one.path for one in undo if isinstance(one, PutBack)}


def test_a_warm_release_is_switched_to_where_it_runs():
    warm = {
        "blue": {"release": OLD, "active": "active"},
        "green": {"release": "000042-1a2b3c4", "active": "active"},
    }

    do = Activate().do(target(), facts(app_answer(colours=warm), **SAME))

    assert do == (*SWITCH, *BOOT)


def test_units_are_not_its_business():
    asked = Activate().facts(target())

    assert [fact.question() for fact in asked] == [
        {"fact": "app", "key": "app"},
        {"fact": "files", "key": "sites", "paths": [AVAILABLE]},
    ]
