"""Between two batches the release is asked as users reach it."""

from deployer.core.actions.health import CheckHealth
from deployer.core.actions.processes import ProveProcesses
from deployer.core.fact import Facts
from deployer.core.rollout import Rollout
from deployer.recipes.between import between
from deployer.steps.run_processes import RunProcesses
from deployer.steps.watch import Watch
from tests.shop_values import app_answer, target


def test_it_stays_healthy_for_the_time_of_the_rollout_though_workers_are_renewed():
    on = target(rest={"rollout": {"settle": "10m"}})
    facts = Facts({"app": app_answer()})

    work = Watch().do(on, facts)

    assert isinstance(work, tuple)
    (check,) = work
    assert isinstance(check, CheckHealth)
    assert (check.settle, check.steady, check.unit) == (600.0, False, "shop@green.service")
    assert {(probe.front, probe.socket) for probe in check.probes} == {("http://127.0.0.1:80", "")}
    assert Watch().undo(on, facts) == ()


def test_in_the_end_no_process_has_died_but_those_that_were_dead_before_an_older_one_came():
    one, two = "shop.worker@1.service", "shop.worker@2.service"
    app = {"processes": {"worker": {"command": ["celery"], "replicas": 2}}}
    on = target(app, rest={"rollout": {"settle": "10m"}})
    states = [{"unit": one, "active": "failed"}, {"unit": two, "active": "active"}]
    answers = {"app": app_answer(processes=states), f"processes:{on.release.id}": [one, two]}

    for recorded, units in ((False, (one, two)), (True, (two,))):
        steps = between(Rollout(settle=600.0), (RunProcesses(recorded=recorded),))
        work = steps[0].do(on, Facts(answers))

        assert isinstance(work, tuple)
        assert work[1:] == (ProveProcesses(on.release.id, units),)
