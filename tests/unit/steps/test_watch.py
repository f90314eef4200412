"""Between two batches the release is asked as users reach it."""

from deployer.core.actions.health import CheckHealth
from deployer.core.fact import Facts
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
