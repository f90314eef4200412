from deployer.core.health import judge
from deployer.core.step import Skip
from deployer.steps.check_front import CheckFront
from deployer.steps.check_health import CheckHealth
from tests.shop_values import FIRST, facts, target

RELEASE = "000042-1a2b3c4"


def test_a_release_must_stay_healthy_on_its_own_socket():
    on = target()

    assert CheckHealth().do(on, facts()) == (judge(on.app, RELEASE, "green", settle=3.0),)


def test_a_first_release_is_judged_on_the_first_colour():
    on = target()

    assert CheckHealth().do(on, facts(FIRST)) == (judge(on.app, RELEASE, "blue", settle=3.0),)


def test_after_the_switch_one_good_answer_through_the_web_server_is_enough():
    on = target()

    assert CheckFront().do(on, facts()) == (
        judge(on.app, RELEASE, "green", settle=0.0, through_front=True),
    )


def test_without_a_web_server_there_is_no_front_to_ask():
    on = target({"web_server": "none"})

    assert CheckFront().do(on, facts()) == Skip("no web server in front")


PLAIN = {"runtime": {"kind": "systemd", "restart": "plain"}}


def test_where_nobody_serves_meanwhile_it_settles_after_the_switch():
    on = target(PLAIN)

    assert CheckHealth().do(on, facts()) == (judge(on.app, RELEASE, "green", settle=0.0),)
    assert CheckFront().do(on, facts()) == (
        judge(on.app, RELEASE, "green", settle=3.0, through_front=True),
    )


def test_without_a_web_server_it_settles_before():
    on = target({**PLAIN, "web_server": "none"})

    assert CheckHealth().do(on, facts()) == (judge(on.app, RELEASE, "green", settle=3.0),)


def test_a_check_has_nothing_to_undo():
    assert CheckHealth().undo(target(), facts()) == ()
    assert CheckFront().undo(target(), facts()) == ()
