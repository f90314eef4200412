"""Read whether the host can take a deploy at all, before anything is changed."""

from deployer.core.fact import Fact, Facts
from deployer.core.host_facts import Disk, disk, python
from deployer.core.host_state import app_state
from deployer.core.room import MB, memory_shortage, places, shortage, weights
from deployer.core.step import Passed, Phase, Refuse, Scope, Target, Work


class Preflight:
    """The host is set up and, to build a release, has room and the interpreter."""

    name = "preflight"
    phase = Phase.PREPARE
    scope = Scope.EACH

    def __init__(self, *, builds: bool = True) -> None:
        self._builds = builds

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        if not self._builds:
            return (app_state(),)
        return (
            app_state(),
            disk(places(on.layout)),
            weights(on.layout),
            python(on.host.python or on.app.python),
        )

    def do(self, on: Target, facts: Facts) -> Work:
        if not self._builds:
            # A full disk or a lost interpreter may be the very reason to go back.
            return _not_set_up(on, facts) or Passed("set up; nothing is to be built")
        looks = (_not_set_up, _no_room, _no_memory, _no_python)
        refusals = (look(on, facts) for look in looks)
        return next((one for one in refusals if one), Passed(_summary(on, facts)))

    def undo(self, on: Target, facts: Facts) -> tuple[()]:
        return ()


def _not_set_up(on: Target, facts: Facts) -> Refuse | None:
    if facts[app_state()].set_up:
        return None
    return Refuse(
        f"`{on.host.name}` was never set up for `{on.app.name}`",
        f"run `inv setup --env {on.inventory.environment}`",
    )


def _no_room(on: Target, facts: Facts) -> Refuse | None:
    lack = shortage(facts[disk(places(on.layout))], facts[weights(on.layout)], on.layout)
    if lack is None:
        return None
    what = "remove small files" if lack.of == "inodes" else "make room"
    env = on.inventory.environment
    return Refuse(str(lack), f"{what} on `{on.host.name}`, or run `inv prune --env {env}`")


def _no_memory(on: Target, facts: Facts) -> Refuse | None:
    lack = memory_shortage(facts[weights(on.layout)])
    if lack is None or not on.app.runtime.beside:
        return None
    free, needs = lack[0] // MB, -(-lack[1] // MB)
    return Refuse(
        f"`{on.host.name}` has {free} MB of memory free, and a second release beside the live one "
        f"needs {needs} MB",
        "set `runtime.restart` to `socket`, which needs room for one release only, or take fewer "
        "`app_server.workers`",
    )


def _no_python(on: Target, facts: Facts) -> Refuse | None:
    wanted = on.host.python or on.app.python
    found = facts[python(wanted)]
    if not found.version:
        return Refuse(
            f"`{on.host.name}` has no interpreter `{wanted}`",
            "install it, or set `app.python` in the inventory",
        )
    if not found.has_venv:
        return Refuse(
            f"`{wanted}` on `{on.host.name}` cannot make virtual environments",
            f"run `inv setup --env {on.inventory.environment}`, which installs python3-venv",
        )
    return None


def _summary(on: Target, facts: Facts) -> str:
    rooms: tuple[Disk, ...] = tuple(facts[disk(places(on.layout))].values())
    free = min(room.free for room in rooms)
    room = f"{free >> 30} GB" if free >> 30 else f"{free // MB} MB"
    version = facts[python(on.host.python or on.app.python)].version
    return f"{room} free, Python {version}"
