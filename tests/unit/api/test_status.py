from deployer.api.status import problem
from deployer.core.host_state import parse_app_state
from tests.shop_values import OLD, app_answer

RUNNING = {"blue": {"release": OLD, "active": "active"}}


def test_a_release_that_serves_well_is_no_problem():
    assert problem(parse_app_state(app_answer(colours=RUNNING))) == ""


def test_a_live_release_whose_folder_was_removed_is_told():
    state = parse_app_state(app_answer(colours=RUNNING, releases=[]))

    assert "folder of the live release is gone" in problem(state)


def test_a_live_release_whose_unit_is_dead_is_told():
    state = parse_app_state(app_answer(colours={"blue": {"release": OLD, "active": "failed"}}))

    assert "the unit of the live release is failed" in problem(state)
