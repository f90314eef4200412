"""The kinds of faults: what the agent does to itself at a point, or what is done from outside.

Each of the latter takes a `Struck` (the lane, the command at work, a stopwatch) while the agent
waits at the point, and returns when the harness may wait for the command's end.
"""

import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from deployer.lab import cgroups, disk, network
from deployer.lab.machine import wait_until
from tests.faults.commands import Command
from tests.faults.lane import Lane
from tests.faults.restores import Restorable
from tests.faults.settled import at_work
from tests.faults.tiny import NAME

HEAL_AFTER = 2.0
CUT_NOTICED = 40.0
RIGHT_AGAIN = 60.0
FROZEN = 4.0
NAMES_WRITTEN = 7.0
MEMORY = Path("/sys/fs/cgroup/memory")


@dataclass(slots=True)
class Struck:
    """One fault that is being injected; kinds note here what must be mended afterwards."""

    lane: Lane
    command: Command
    left: Command | None = None
    """The command whose run was left open before; only `inv recover` has one."""
    struck: float = 0.0
    noticed: float = 0.0
    recovered: float = 0.0
    off: tuple[float, float] = (0.0, 0.0)
    mend: list[Callable[[], object]] = field(default_factory=list)
    needs_boot: bool = False
    backup: Restorable | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def about(self) -> Command:
        """The command whose run is to have an end."""
        return self.left or self.command

    def mended(self) -> None:
        """Take the fault away."""
        while self.mend:
            self.mend.pop()()


Injection: TypeAlias = Callable[[Struck], None]


def controller(*numbers: signal.Signals) -> Injection:
    """Send signals to the controller, and let the agent go on."""

    def inject(it: Struck) -> None:
        for number in numbers:
            it.command.signal(number)
            time.sleep(0.3)  # noqa: TID251  two at the same moment would be one
        it.lane.go()

    return inject


def cancelled(it: Struck) -> None:
    """Stop the controller as GitHub stops a cancelled job, which waits for nobody."""
    it.command.signal(signal.SIGINT)
    it.lane.go()
    if not it.command.ended.wait(7.5):
        it.command.signal(signal.SIGTERM)
    if not it.command.ended.wait(2.5):
        it.command.signal(signal.SIGKILL)


def kill_unit(it: Struck) -> None:
    """Kill whatever worker there is."""
    it.lane.host.run(f"systemctl kill --signal=KILL --kill-who=all 'deployer-{NAME}-2*'")


def kill_controller(it: Struck) -> None:
    """Kill the controller; the agent is not waiting."""
    it.command.signal(signal.SIGKILL)


def cut_and_healed(it: Struck) -> None:
    """Unplug the cable for a moment."""
    it.lane.lab.cut_link(it.lane.host)
    it.mend.append(lambda: it.lane.lab.heal_link(it.lane.host))
    it.lane.go()
    time.sleep(HEAL_AFTER)  # noqa: TID251  the length of the cut is the fault
    it.mended()


def cut_for_good(it: Struck) -> None:
    """Unplug the cable until the controller has given up."""
    it.lane.lab.cut_link(it.lane.host)
    it.mend.append(lambda: it.lane.lab.heal_link(it.lane.host))
    it.lane.go()
    _until_noticed(it)


def cut_until_noticed(it: Struck) -> None:
    """Unplug the cable until the controller has noticed, and the host has put itself right."""
    it.lane.lab.cut_link(it.lane.host)
    it.mend.append(lambda: it.lane.lab.heal_link(it.lane.host))
    it.lane.go()
    _until_noticed(it)
    _until_right(it)
    it.mended()


def half_open(it: Struck) -> None:
    """Lose everything that is sent to the host, as long as above; what it sends still comes."""
    bridge, address = it.lane.lab.place.bridge, it.lane.host.address
    network.deafen(bridge, address)
    it.mend.append(lambda: network.undeafen(bridge, address))
    it.lane.go()
    _until_noticed(it)
    _until_right(it)
    it.mended()


def _until_right(it: Struck) -> None:
    wait_until(lambda: not at_work(it.lane), seconds=RIGHT_AGAIN)
    it.recovered = time.monotonic() - it.struck


def _until_noticed(it: Struck) -> None:
    """Wait until the controller has ended, or tells that the link is lost."""
    before = len(it.command.events())

    def has_noticed() -> bool:
        new = it.command.events()[before:]
        told = (one for one in new if one.get("event") in ("Noticed", "StepFailed"))
        return it.command.ended.is_set() or any("lost" in str(one) for one in told)

    wait_until(has_noticed, seconds=CUT_NOTICED)
    it.noticed = time.monotonic() - it.struck


def power(it: Struck) -> None:
    """Take the power and all that was not flushed; the controller waits in vain."""
    it.lane.power_off()
    _wait_and_boot(it)


def late_power(it: Struck) -> None:
    """As above, but so late that the kernel has written names, and not yet what is in the files."""
    time.sleep(NAMES_WRITTEN)  # noqa: TID251  ext4 commits its journal every five seconds
    power(it)


def reboot(it: Struck) -> None:
    """Shut the host down in order, and let it start again."""
    it.lane.host.run("systemctl reboot")
    it.lane.go()
    before, it.lane.leader = it.lane.leader, 0
    host = it.lane.host
    wait_until(lambda: host.has_started_again(before), seconds=90)
    it.lane.lab.wait_for(host)
    it.lane.leader = host.leader
    it.off = (it.struck, time.monotonic())


def frozen(it: Struck) -> None:
    """Stop the host's time for a while."""
    it.lane.lab.freeze(it.lane.host)
    it.mend.append(lambda: it.lane.lab.thaw(it.lane.host))
    time.sleep(FROZEN)  # noqa: TID251  the length of the freeze is the fault
    it.mended()
    it.off = (it.struck, time.monotonic())
    it.lane.go()


def disk_full(it: Struck) -> None:
    """Take every block until the command has ended."""
    folder = it.lane.lab.place.disk(it.lane.host)
    it.mend.append(lambda: disk.free(folder))
    disk.fill(folder)
    it.lane.go()


def inodes_full(it: Struck) -> None:
    """Take every inode until the command has ended."""
    folder = it.lane.lab.place.disk(it.lane.host)
    it.mend.append(lambda: disk.free(folder))
    disk.fill_inodes(folder)
    it.lane.go()


def read_only(it: Struck) -> None:
    """Have the disk fail: the kernel makes it read-only until the next boot."""
    disk.fail(it.lane.lab.place.disk(it.lane.host))
    it.needs_boot = True
    it.lane.go()


def out_of_memory(it: Struck) -> None:
    """Give the agent nearly no memory, and have it want much: the kernel kills it."""
    group = MEMORY / f"{it.lane.host.group}-oom"
    group.mkdir(exist_ok=True)
    (group / "memory.limit_in_bytes").write_text("8M")
    (group / "cgroup.procs").write_text(str(_outside(it.lane)))
    it.mend.append(lambda: wait_until(lambda: _removed(group), seconds=20))
    it.lane.go()


def _outside(lane: Lane) -> int:
    """Give the number that this machine has for the process that waits."""
    inside = str(lane.reached())
    for process in cgroups.processes(cgroups.roots()[0] / lane.host.group):
        try:
            status = Path(f"/proc/{process}/status").read_text()
        except OSError:
            continue
        if f"NSpid:\t{process}\t{inside}\n" in status:
            return process
    raise AssertionError(f"no process {inside} in {lane.host.name}")


def _removed(group: Path) -> bool:
    try:
        group.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def two_at_once(it: Struck) -> None:
    """Start a second deploy while the first one is at work: it is told so."""
    second = it.lane.start("deploy", "--revision", it.lane.last_commit, "--force")
    code = second.wait()
    if code != 5:
        it.notes.append(f"the second deploy ended with {code}: {second.output()[-500:]}")
    it.lane.go()


def _wait_and_boot(it: Struck) -> None:
    it.lane.power_on()
    it.off = (it.struck, time.monotonic())


OUTSIDE: Mapping[str, Injection] = {
    "SIGKILL of the controller": controller(signal.SIGKILL),
    "SIGTERM of the controller": controller(signal.SIGTERM),
    "Ctrl-C": controller(signal.SIGINT),
    "Ctrl-C twice": controller(signal.SIGINT, signal.SIGINT),
    "cancelled CI job": cancelled,
    "link cut and healed": cut_and_healed,
    "link cut until noticed": cut_until_noticed,
    "link cut for good": cut_for_good,
    "half-open link": half_open,
    "power loss": power,
    "late power loss": late_power,
    "reboot": reboot,
    "frozen host": frozen,
    "disk full": disk_full,
    "inodes full": inodes_full,
    "read-only disk": read_only,
    "out of memory": out_of_memory,
    "two at once": two_at_once,
}
"""What is done from outside while the agent waits at the point."""

INSIDE: Mapping[str, dict[str, object]] = {
    "SIGKILL of the agent": {"do": "kill"},
    "SIGKILL of the unit": {"do": "kill-all"},
    "SIGTERM of the agent": {"do": "term"},
    "hang of a program": {"do": "program"},
    "hang of the agent": {"do": "hang"},
    "clock a year ahead": {"do": "clock", "by": 365 * 86400},
    "clock a year back": {"do": "clock", "by": -365 * 86400},
}
"""What the agent does to itself at the point."""

RANDOM: Mapping[str, Injection] = {
    "SIGKILL of the unit at a random time": kill_unit,
    "power loss at a random time": power,
    "SIGKILL of the controller at a random time": kill_controller,
}
"""What is done from outside at a moment that nobody chose."""

WAITS = {"out of memory": "eat"}
UNIT: Mapping[str, dict[str, object]] = {
    "hang of a program": {"RuntimeMaxSec": "15"},
    "hang of the agent": {"RuntimeMaxSec": "15", "TimeoutStopSec": "2"},
}
"""Shorter limits of the worker's unit than those of releases."""

LINK = (
    *("link cut and healed", "link cut until noticed", "link cut for good"),
    "half-open link",
)
HOST_OFF = (
    "power loss",
    "late power loss",
    "power loss at a random time",
    "reboot",
    "read-only disk",
)
"""Kinds after which the host was off for a while: users lose requests then."""
