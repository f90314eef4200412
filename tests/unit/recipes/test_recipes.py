from deployer.core.actions.files import Link
from deployer.core.actions.processes import RunProcesses
from deployer.core.actions.units import StartUnit
from deployer.core.health import judge
from deployer.core.host_state import AppState, parse_app_state
from deployer.core.restoring import Choice
from deployer.core.step import Phase, Step
from deployer.recipes.deploy import deploy
from deployer.recipes.restore import restore
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


def test_processes_stop_before_anything_is_done_once_and_run_when_the_web_is_proven():
    names = [step.name for step in deploy(processes=True, stops_first=True)]
    back = [step.name for step in rollback(processes=True)]

    assert names.index("stop_processes") + 1 == names.index("backup_database")
    assert names.index("check_front") + 1 == names.index("run_processes")
    assert names.index("run_processes") + 1 == names.index("retire")
    assert back.index("check_front") + 1 == back.index("run_processes")


def test_in_a_restore_processes_stop_first_and_run_last():
    names = [step.name for step in restore(Choice("x"), processes=True)]

    assert names.index("stop_processes") + 1 == names.index("pause")
    assert names[-2:] == ["check_health", "run_processes"]


def test_what_ran_beside_the_live_release_runs_again_and_what_was_broken_is_excused():
    units = ["shop.worker@1.service", "shop.nightly.timer"]
    states = [{"unit": units[0], "active": "failed"}, {"unit": units[1], "active": "active"}]

    settled = settle(inventory().app, parse_app_state(app_answer(processes=states)))

    assert settled[-1] == RunProcesses(OLD, tuple(units), (units[0],), settle=1.0)


def test_new_processes_are_removed_again_from_a_host_that_had_none():
    app = inventory({"processes": {"worker": {"command": ["celery"]}}}).app

    assert settle(app, parse_app_state(app_answer()))[-1] == RunProcesses(OLD, (), (), settle=1.0)


def test_phases_follow_each_other_in_every_recipe():
    order = list(Phase)
    beside = (deploy(processes=True, stops_first=True), rollback(processes=True))
    for recipe in (deploy(), rollback(), backup(), prune(), *beside):
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
