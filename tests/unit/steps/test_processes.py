from deployer.core.actions.processes import RunProcesses as Run
from deployer.core.actions.processes import StopProcesses as Stop
from deployer.core.fact import Facts
from deployer.core.step import Notice, Skip, Told
from deployer.steps.resume_processes import ResumeProcesses
from deployer.steps.run_processes import RunProcesses
from deployer.steps.stop_processes import StopProcesses
from tests.shop_values import FIRST, OLD, app_answer, facts, target

NEW = "000042-1a2b3c4"
ONE, TWO = "shop.worker@1.service", "shop.worker@2.service"
NIGHTLY = "shop.nightly.timer"
APP = {
    "processes": {
        "worker": {"command": ["celery"], "replicas": 2, "stop_before_migrate": True},
        "mailer": {"command": ["mailer"], "roles": ["mail"]},
    },
    "timers": {"nightly": {"command": ["clean"], "schedule": "daily"}},
}


def standing(*units: str, inactive: tuple[str, ...] = ()) -> Facts:
    states = [{"unit": one, "active": "failed" if one in inactive else "active"} for one in units]
    return facts(app_answer(processes=states))


def on_web1():
    hosts = {"web1": {"address": "192.0.2.1"}, "m": {"address": "192.0.2.2", "roles": ["mail"]}}
    return target(APP, rest={"hosts": hosts})


def test_what_the_inventory_wants_on_this_host_runs_from_the_new_release():
    assert RunProcesses().do(on_web1(), standing()) == Told(
        (Run(NEW, (ONE, TWO, NIGHTLY), (), 3.0),), ()
    )


def test_what_was_dropped_is_told():
    told = RunProcesses().do(on_web1(), standing(ONE, "shop.old@1.service"))

    assert isinstance(told, Told)
    assert told.notices == (Notice("`shop.old@1.service` is stopped and removed"),)


def test_the_last_ones_are_removed_although_none_is_wanted():
    work = RunProcesses().do(target(), standing(ONE))

    assert isinstance(work, Told)
    assert work.actions == (Run(NEW, (), (), 3.0),)


def test_a_host_without_any_is_left_alone():
    assert RunProcesses().do(target(), standing()) == Skip(
        "no process and no timer runs on this host"
    )


def test_an_older_release_says_itself_what_it_runs_and_what_is_broken_now_is_excused():
    answered = standing(ONE, TWO, inactive=(TWO,)).merged({f"processes:{NEW}": [ONE, TWO]})

    work = RunProcesses(recorded=True).do(target(), answered)

    assert work == Told((Run(NEW, (ONE, TWO), (TWO,), 3.0),), ())


def test_what_was_live_settles_its_own_and_a_first_deploy_leaves_nothing():
    assert RunProcesses().undo(on_web1(), standing()) == ()
    assert RunProcesses().undo(on_web1(), facts(FIRST)) == (Run(""),)


def test_only_those_stop_before_a_migration_that_ask_for_it():
    running = standing(ONE, TWO, "shop.mailer@1.service", NIGHTLY)

    assert StopProcesses().do(on_web1(), running) == (Stop((ONE, TWO)),)
    assert isinstance(StopProcesses().do(on_web1(), standing(NIGHTLY)), Skip)
    assert StopProcesses().undo(on_web1(), running) == ()


def test_one_that_has_another_name_by_now_stops_before_a_migration_too():
    running = standing("shop.jobs@1.service", "shop.mailer@1.service", "shop.old.timer")

    assert StopProcesses().do(on_web1(), running) == (Stop(("shop.jobs@1.service",)),)


def test_for_a_restore_all_stop_and_then_run_again():
    running = standing(ONE, TWO, NIGHTLY, inactive=(TWO,))

    assert StopProcesses(everything=True).do(target(), running) == (Stop((ONE, TWO, NIGHTLY)),)
    assert ResumeProcesses().do(target(), running) == (Run(OLD, (ONE, TWO, NIGHTLY), (TWO,)),)
    assert ResumeProcesses().undo(target(), running) == ()
    assert isinstance(ResumeProcesses().do(target(), standing()), Skip)
