"""Who users are sent back to runs and answers first; units are stood in for by a list."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from deployer.agent import actions
from deployer.agent.context import ActionFailed
from deployer.agent.runs import readying
from deployer.agent.runs.journal import Journal, Writer
from deployer.agent.runs.recovering import recover
from deployer.agent.system.systemd import UnitState

UNITS = ("StartUnit", "StopUnit", "CheckHealth", "ReloadUnits")
SOCKET = "/srv/shop/run/live.sock"
BLUE, GREEN = "/run/shop-blue/app.sock", "/run/shop-green/app.sock"
UNIT_FILE = "/etc/systemd/system/shop@.service"
SETTLE = [
    {"action": "StartUnit", "unit": "shop@blue.service"},
    {"action": "Link", "path": SOCKET, "target": BLUE},
    {"action": "CheckHealth", "unit": "shop@blue.service", "settle": 1.0},
]
RESTART = [
    {"action": "StopUnit", "unit": "shop@green.service"},
    {"action": "PutBack", "path": UNIT_FILE},
    {"action": "ReloadUnits", "app": "shop"},
]


@dataclass
class Units:
    """What was asked of systemd, and where users were sent then; `running` is the old unit."""

    link: Path
    running: bool = False
    fails: str = ""
    asked: list[tuple[str, object, str]] = field(default_factory=list)

    def perform(self, ctx, action):
        name = action["action"]
        self.asked.append((name, action.get("settle"), str(self.link.readlink())))
        if self.fails == name:
            raise ActionFailed(f"{name} does not work")
        return True

    def show(self, ctx, unit):
        return UnitState(active="active" if self.running else "inactive")


@pytest.fixture
def units(host, monkeypatch):
    made = Units(host.root / SOCKET[1:])
    real = actions.find
    monkeypatch.setattr(actions, "find", lambda name: made.perform if name in UNITS else real(name))
    monkeypatch.setattr(readying, "show", made.show)
    return made


def cut_off(host, units, live):
    """A run that lost its power when users were sent to one colour."""
    journal, by = Journal(host.state / "journal"), Writer("r1", 1)
    journal.write(by, "begin", command="deploy", settle=SETTLE)
    for step, undo in (
        ("restart", RESTART),
        ("activate", [{"action": "Link", "path": SOCKET, "target": BLUE}]),
    ):
        journal.write(by, "step", step=step, phase="VERIFY", state="start", undo=undo)
    journal.close()
    units.link.symlink_to(live)


def test_after_a_power_cut_the_old_release_is_up_before_users_are_sent_back(host, units):
    cut_off(host, units, GREEN)

    assert recover("shop", host.root) == 0

    assert units.asked == [
        ("ReloadUnits", None, GREEN),
        ("StartUnit", None, GREEN),
        ("CheckHealth", 0.0, GREEN),
        ("StopUnit", None, BLUE),
        ("ReloadUnits", None, BLUE),
        ("StartUnit", None, BLUE),
        ("CheckHealth", 1.0, BLUE),
    ]


@pytest.mark.parametrize(("running", "live"), [(True, GREEN), (False, BLUE)])
def test_where_it_runs_or_users_are_there_nothing_is_waited_for(host, units, running, live):
    units.running = running
    cut_off(host, units, live)

    assert recover("shop", host.root) == 0

    assert [name for name, *_ in units.asked] == [
        "StopUnit",
        "ReloadUnits",
        "StartUnit",
        "CheckHealth",
    ]


@pytest.mark.parametrize("fails", ["StartUnit", "CheckHealth"])
def test_one_that_does_not_start_is_sent_users_all_the_same_and_told_of_once(host, units, fails):
    units.fails = fails
    cut_off(host, units, GREEN)

    assert recover("shop", host.root, pause=0) == 1

    end = host.journal()[-1]
    assert (end["outcome"], end["cause"]) == (
        "rollback_failed",
        f"settle: {fails} does not work",
    )
    assert str(units.link.readlink()) == BLUE
