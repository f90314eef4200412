"""The ways in which the app of a lane runs: with what beside it, and how it is restarted.

A case is about one of them, or about the change from one to another: `plain > socket`.
"""

from collections.abc import Iterator, Mapping

from tests.faults.lane import Lane
from tests.faults.tiny import NAME

WORKERS = "workers"
SOCKET, PLAIN = "socket", "plain"
USUAL = ("none", "blue-green")
"""What an app has that says nothing, as the other end of a change."""
DEAD_WORKER = "worker"
"""A revision that is broken in this way has a worker that ends at once."""
_WORKS = (
    "import time; from app import first; "
    f"time.sleep(0 if first.BROKEN == '{DEAD_WORKER}' else 1000000)"
)
_PROCESSES: Mapping[str, object] = {
    "processes": {
        "worker": {"command": ["python", "-c", _WORKS], "replicas": 2},
        "import": {"command": ["sleep", "infinity"], "stop_before_migrate": True},
    },
    "timers": {"tick": {"command": ["true"], "schedule": "daily"}},
}
_ASKED = "Id,ActiveState,MainPID,UnitFileState"
_counted: dict[str, dict[str, int]] = {}
"""How many events each step has in each way; hosts do not differ in that."""


def take(lane: Lane, way: str) -> None:
    """Have the app run in this way, or in the first of two."""
    before = _plainly(way.partition(" > ")[0])
    if before == lane.way:
        return
    _counted.setdefault(lane.way, lane.counts)
    want(lane, before)
    lane.must("deploy", "--revision", lane.revise())
    if before in _counted:
        lane.counts = _counted[before]
    else:
        lane.counts = {}
        lane.learn()
    _counted[before] = lane.counts


def change(lane: Lane, way: str) -> None:
    """Have the next deploy change the way, if the case is about that."""
    _, changes, after = way.partition(" > ")
    if changes:
        want(lane, _plainly(after))


def _plainly(way: str) -> str:
    return "" if way in USUAL else way


def want(lane: Lane, way: str) -> None:
    """Write the way into the inventory."""
    app = lane.project.section("app")
    for key in _PROCESSES:
        app.pop(key, None)
    lane.project.section("app", "runtime").pop("restart", None)
    if way == WORKERS:
        app.update(_PROCESSES)
    elif way:
        lane.project.section("app", "runtime")["restart"] = way
    lane.project.write()
    lane.way = way


def of_the_way(lane: Lane) -> Iterator[str]:
    """What the live release brings runs from it and starts at boot; nothing else runs beside."""
    release = f"/srv/{NAME}/releases/{lane.live}"
    listed = lane.path(f"{release}/config/processes/units")
    units = listed.read_text().split() if listed.exists() else []
    shown = lane.host.run(
        f"systemctl show -p {_ASKED} -- {NAME}@blue.service {' '.join(units)}; echo;"
        f"systemctl list-units --all --plain --no-legend '{NAME}.*' | sed 's/^/Beside=/; s/ .*//'"
    ).stdout
    blocks = [_said(block) for block in shown.split("\n\n")]
    for said in blocks:
        if said.get("Id") in units:
            yield from _of_the_unit(lane, said, release)
    found = {line.partition("=")[2] for line in shown.splitlines() if line.startswith("Beside=")}
    services = {one.replace(".timer", ".service") for one in units}
    if strange := found - set(units) - services:
        yield f"beside: {sorted(strange)} is there, which {lane.live} does not bring"
    if missing := set(units) - found:
        yield f"beside: {sorted(missing)} is not there"
    yield from _of_the_sockets(lane, release)


def _of_the_unit(lane: Lane, said: Mapping[str, str], release: str) -> Iterator[str]:
    unit = said["Id"]
    if said.get("ActiveState") != "active":
        yield f"beside: {unit} is {said.get('ActiveState')}"
    if said.get("UnitFileState") != "enabled":
        yield f"beside: {unit} does not start at boot"
    folder = lane.link(f"/proc/{said.get('MainPID', '0')}/cwd")
    if not unit.endswith(".timer") and folder != release:
        yield f"beside: {unit} runs in {folder or 'nothing'}, not in {release}"


def _of_the_sockets(lane: Lane, release: str) -> Iterator[str]:
    carried = f"{release}/config/system/etc/systemd/system/{NAME}@.socket"
    if not lane.path(carried).exists():
        return
    words = f"systemctl is-active {NAME}@blue.socket {NAME}@green.socket"
    states = lane.host.run(words).stdout.split()
    if states != ["active", "active"]:
        yield f"beside: the sockets are {states}"


def _said(block: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
