from deployer.core.actions.files import Link
from deployer.core.actions.units import StartUnit
from deployer.core.health import judge
from deployer.core.host_state import AppState, parse_app_state
from deployer.core.step import Phase, Step
from deployer.recipes.deploy import deploy
from deployer.recipes.rollback import rollback
from deployer.recipes.settle import settle
from deployer.recipes.upkeep import backup, prune
from tests.shop_values import OLD, app_answer, facts, inventory, target


def named(steps: tuple[Step, ...]) -> list[tuple[str, str]]:
    return [(step.phase.lower(), step.name) for step in steps]


def test_a_deploy_is_the_documented_order():
    assert named(deploy()) == [
        ("prepare", "preflight"),
        ("prepare", "backup"),
        ("build", "pull"),
        ("build", "install"),
        ("build", "configure"),
        ("build", "check"),
        ("publish", "backup_database"),
        ("publish", "migrate"),
        ("publish", "collect_static"),
        ("publish", "restart"),
        ("verify", "check_health"),
        ("verify", "activate"),
        ("verify", "check_front"),
        ("finish", "retire"),
        ("finish", "copy_backup"),
        ("finish", "prune"),
    ]


def test_a_rollback_neither_builds_nor_touches_the_database():
    assert named(rollback()) == [
        ("prepare", "preflight"),
        ("build", "ask_schema"),
        ("publish", "fit_schema"),
        ("publish", "restart"),
        ("verify", "check_health"),
        ("verify", "activate"),
        ("verify", "check_front"),
        ("finish", "retire"),
    ]


def test_phases_follow_each_other_in_every_recipe():
    order = list(Phase)
    for recipe in (deploy(), rollback(), backup(), prune()):
        places = [order.index(step.phase) for step in recipe]

        assert places == sorted(places)


def test_upkeep_is_what_its_name_says():
    assert named(backup()) == [("prepare", "backup"), ("build", "copy_backup")]
    assert named(backup(verify=True))[1] == ("prepare", "verify_backup")
    assert named(prune()) == [("finish", "prune")]


def test_a_backup_by_hand_has_the_database():
    database = {"kind": "sqlite", "path": "db.sqlite3", "backup": "before-migrate"}

    step, _ = backup()
    do = step.do(target({"database": database}), facts())

    assert isinstance(do, tuple)
    assert "DumpSqlite" in repr(do)


def test_what_was_live_is_started_linked_and_judged_again():
    app = inventory().app

    assert settle(app, parse_app_state(app_answer())) == (
        StartUnit("shop@blue.service", timeout=60.0),
        Link("/srv/shop/run/live.sock", "/run/shop-blue/app.sock"),
        judge(app, OLD, "blue", settle=1.0),
    )


def test_a_first_deploy_has_nothing_to_settle():
    assert settle(inventory().app, AppState(set_up=True)) == ()
    assert settle(inventory().app, AppState(set_up=True, live=OLD)) == ()
