"""What a host does with a damaged live release; units and answers are stood in for by files."""

import pytest

from deployer.agent import actions
from deployer.agent.context import ActionFailed
from deployer.agent.runs import standing
from deployer.agent.runs.journal import Journal, Writer, load
from deployer.agent.runs.recovering import recover
from deployer.agent.runs.recovery import ATTEMPTS, broken, last_fallback, plan
from tests.unit.agent.whole_host import FIRST, SECOND, THIRD, WholeHost

UNITS = (
    "StartUnit",
    "StopUnit",
    "Pause",
    "CheckHealth",
    "SwapEnabled",
    "ReloadUnits",
    "ReloadWebServer",
)


class Units:
    """Remembers what is asked of systemd and of the app; `sick` releases never get well."""

    def __init__(self):
        self.asked = []
        self.sick = set()
        self.cut = ""

    def perform(self, ctx, action):
        name = action["action"]
        self.asked.append((name, action.get("unit") or action.get("enable") or ""))
        if self.cut == name:
            raise KeyboardInterrupt  # as good as a crash: nothing of ours answers it
        if name == "CheckHealth" and action["release"] in self.sick:
            raise ActionFailed(f"{action['release']} is sick")
        return True


@pytest.fixture(autouse=True)
def units(monkeypatch):
    made = Units()
    real = actions.find
    monkeypatch.setattr(actions, "find", lambda name: made.perform if name in UNITS else real(name))
    return made


@pytest.fixture
def host(tmp_path):
    made = WholeHost(tmp_path)
    for name in (FIRST, SECOND, THIRD):
        made.release(name)
    made.serve(THIRD)
    return made


def ends(host):
    records = load(host.ctx.state_folder / "journal")
    return [one["outcome"] for one in records if one["event"] == "end"]


def test_a_whole_live_release_is_left_alone(host, units):
    assert recover("shop", host.root) == 0

    assert units.asked == []
    assert standing.live(host.ctx) == THIRD
    assert ends(host) == []


def test_a_damaged_one_is_left_for_the_newest_good_one(host, units):
    host.hurt(THIRD)

    assert recover("shop", host.root) == 0

    assert standing.live(host.ctx) == SECOND
    assert standing.live_colour(host.ctx) == "green"
    assert standing.linked(host.ctx, "current") == SECOND
    assert host.state(THIRD) == "failed"
    assert units.asked == [
        ("StopUnit", "shop@green.service"),
        ("StartUnit", "shop@green.service"),
        ("CheckHealth", "shop@green.service"),
        ("SwapEnabled", "shop@green.service"),
        ("StopUnit", "shop@blue.service"),
    ]
    assert ends(host) == ["committed"]


@pytest.mark.parametrize("is_warm", [False, True])
def test_one_that_inherits_its_sockets_is_started_anew_and_not_beside_the_damaged_one(
    host, units, is_warm
):
    carried = host.home / "releases" / SECOND / "config/system/etc/systemd/system"
    carried.mkdir(parents=True)
    for there in (carried, host.root / "etc/systemd/system"):
        there.mkdir(parents=True, exist_ok=True)
        (there / "shop@.socket").write_text("[Socket]\n")
    if is_warm:
        idle = host.home / "run" / standing.other(standing.live_colour(host.ctx))
        idle.unlink(missing_ok=True)
        idle.symlink_to(f"/srv/shop/releases/{SECOND}")
    host.hurt(THIRD)

    assert recover("shop", host.root) == 0

    assert [name for name, _ in units.asked][:3] == ["StopUnit", "Pause", "StartUnit"]
    assert standing.live(host.ctx) == SECOND


def test_it_is_told_in_the_journal_and_the_log(host):
    host.hurt(THIRD)
    recover("shop", host.root)

    found = last_fallback(load(host.ctx.state_folder / "journal"))

    assert found is not None
    assert (found["previous"], found["release"]) == (THIRD, SECOND)
    assert "app.py` has 0 bytes instead of" in str(found["cause"])
    assert f"fallback {SECOND} committed" in (host.root / "var/log/deploy.log").read_text()


def test_a_second_look_does_nothing(host, units):
    host.hurt(THIRD)
    recover("shop", host.root)
    units.asked.clear()

    assert recover("shop", host.root) == 0

    assert units.asked == []
    assert ends(host) == ["committed"]


def test_releases_that_are_damaged_too_or_not_good_are_passed_over(host):
    host.hurt(THIRD)
    venv = host.home / f"venvs/3.11-{SECOND}"
    (venv / "gunicorn.py").unlink()

    recover("shop", host.root)

    assert standing.live(host.ctx) == FIRST


def test_a_release_that_does_not_get_well_is_passed_over(host, units):
    host.hurt(THIRD)
    units.sick = {SECOND}

    recover("shop", host.root)

    assert standing.live(host.ctx) == FIRST
    assert ends(host) == ["committed"]


def test_without_a_good_one_the_least_bad_goes_on_and_that_is_said_loudly(host, units):
    for name in (FIRST, SECOND, THIRD):
        host.hurt(name)

    assert recover("shop", host.root) == 1

    assert standing.live(host.ctx) == THIRD
    assert units.asked == [("StartUnit", "shop@blue.service")]
    found = broken(load(host.ctx.state_folder / "journal"))
    assert found is not None
    assert "no good release is whole" in found.cause


def test_it_is_given_up_after_a_few_times(host):
    for name in (FIRST, SECOND, THIRD):
        host.hurt(name)

    codes = [recover("shop", host.root) for _ in range(ATTEMPTS + 1)]

    assert codes == [1] * ATTEMPTS + [0]
    assert len(ends(host)) == ATTEMPTS


@pytest.mark.parametrize("cut", ["StartUnit", "CheckHealth", "SwapEnabled", "StopUnit"])
def test_a_crash_in_the_middle_is_gone_on_with_by_the_next_look(host, units, cut):
    host.hurt(THIRD)
    units.cut = cut
    with pytest.raises(KeyboardInterrupt):
        recover("shop", host.root)
    units.cut = ""

    assert recover("shop", host.root) == 0

    assert standing.live(host.ctx) == SECOND
    assert standing.live_colour(host.ctx) == "green"
    assert plan(load(host.ctx.state_folder / "journal")) is None
    assert "committed" in ends(host)


def test_a_live_release_that_is_gone_is_damaged_too(host):
    (host.home / "releases" / THIRD).rename(host.home / "lost")

    recover("shop", host.root)

    assert standing.live(host.ctx) == SECOND


def test_a_good_deploy_later_takes_the_note_away(host):
    host.hurt(THIRD)
    recover("shop", host.root)
    journal = Journal(host.ctx.state_folder / "journal")
    by = Writer("r9", 9)
    journal.write(by, "begin", command="deploy")
    journal.write(by, "end", outcome="committed")
    journal.close()

    assert last_fallback(load(host.ctx.state_folder / "journal")) is None
