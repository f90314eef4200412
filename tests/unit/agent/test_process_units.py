import pytest

from deployer.agent.context import Context
from deployer.agent.runs import fallback_steps
from deployer.agent.system import process_units as names
from tests.unit.agent.whole_host import FIRST, WholeHost

ONE, TEN, TWO = (f"shop.worker@{number}.service" for number in (1, 10, 2))
TIMER = "shop.nightly.timer"


@pytest.fixture
def host(tmp_path):
    made = WholeHost(tmp_path)
    units = tmp_path / "etc/systemd/system"
    for folder in ("multi-user.target.wants", "timers.target.wants"):
        (units / folder).mkdir(parents=True)
    return made


def enable(host, *links):
    for link in links:
        kind = "timers" if link.endswith(".timer") else "multi-user"
        (host.root / f"etc/systemd/system/{kind}.target.wants/{link}").symlink_to("/dev/null")


@pytest.mark.parametrize("name", [ONE, TEN, TIMER, "shop.nightly.service"])
def test_these_are_units_of_processes(name):
    assert names.is_unit(Context("shop", "r"), name)


@pytest.mark.parametrize(
    "name",
    [
        "shop@blue.service",
        "shop.service",
        "shop-worker@1.service",
        "shop.worker@.service",
        "shop.worker@one.service",
        "shop.worker.socket",
        "other.worker@1.service",
        "shopping.worker@1.service",
        "shop.Worker@1.service",
    ],
)
def test_these_are_none(name):
    assert not names.is_unit(Context("shop", "r"), name)


def test_what_starts_at_boot_is_what_is_to_run(host):
    enable(host, TEN, TWO, ONE, TIMER, "shop@blue.service", "shop-x.a@1.service")

    assert names.enabled(host.ctx) == (TIMER, ONE, TWO, TEN)


def test_only_files_of_processes_are_theirs(host):
    folder = host.root / "etc/systemd/system"
    ours = ["shop.nightly.service", TIMER, "shop.worker@.service"]
    for name in (*ours, "shop@.service", "shop.worker@1.service", "shop.worker@.service.d"):
        (folder / name).write_text("")

    assert names.files(host.ctx) == tuple(ours)


def test_a_timer_is_made_of_two_files_and_copies_of_one():
    assert names.files_of(TIMER) == ("shop.nightly.service", TIMER)
    assert names.files_of(TEN) == ("shop.worker@.service",)


def test_a_stop_takes_as_long_as_the_slowest_unit_may_take(host):
    folder = host.root / "etc/systemd/system"
    (folder / "shop.worker@.service").write_text("[Service]\nTimeoutStopSec=600\n")

    assert names.longest_stop(host.ctx, (ONE, TIMER)) == 600.0
    assert names.longest_stop(host.ctx, (TIMER,)) == 90.0


def test_a_fallback_runs_what_the_release_brings_and_removes_what_it_does_not(host):
    folder = host.release(FIRST)
    assert fallback_steps.processes(host.ctx, FIRST) == ()
    enable(host, TEN)
    (removed,) = fallback_steps.processes(host.ctx, FIRST)
    (folder / "config/processes").mkdir(parents=True)
    (folder / "config/processes/units").write_text(f"{ONE}\n{TIMER}\nsshd.service\n")
    (run,) = fallback_steps.processes(host.ctx, FIRST)

    assert (removed["units"], run["units"]) == ((), (ONE, TIMER))
    assert run["action"] == "RunProcesses"
    assert run["release"] == FIRST
