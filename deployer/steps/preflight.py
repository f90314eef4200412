"""Read whether the host can take a deploy at all, before anything is changed."""

from deployer.core.fact import Fact, Facts
from deployer.core.host_facts import Disk, disk, python
from deployer.core.host_state import app_state
from deployer.core.step import Passed, Phase, Refuse, Scope, Target, Work

_SPACE_NEEDED = 256 * 1024 * 1024
_INODES_NEEDED = 10_000


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
        return (app_state(), disk(_places(on)), python(on.host.python or on.app.python))

    def do(self, on: Target, facts: Facts) -> Work:
        if not self._builds:
            # A full disk or a lost interpreter may be the very reason to go back.
            return _not_set_up(on, facts) or Passed("set up; nothing is to be built")
        refusals = (_not_set_up(on, facts), _no_room(on, facts), _no_python(on, facts))
        return next((one for one in refusals if one), Passed(_summary(on, facts)))

    def undo(self, on: Target, facts: Facts) -> tuple[()]:
        return ()


def _places(on: Target) -> tuple[str, ...]:
    return (on.layout.root, on.layout.backups)


def _not_set_up(on: Target, facts: Facts) -> Refuse | None:
    if facts[app_state()].set_up:
        return None
    return Refuse(
        f"`{on.host.name}` was never set up for `{on.app.name}`",
        f"run `inv setup --env {on.inventory.environment}`",
    )


def _no_room(on: Target, facts: Facts) -> Refuse | None:
    for place, room in facts[disk(_places(on))].items():
        if room.free < _SPACE_NEEDED:
            return Refuse(
                f"`{place}` has {room.free >> 20} MB free, a deploy needs {_SPACE_NEEDED >> 20} MB",
                f"make room on `{on.host.name}`, or run "
                f"`inv prune --env {on.inventory.environment}`",
            )
        if room.inodes_total > 0 and room.inodes_free < _INODES_NEEDED:
            return Refuse(
                f"`{place}` has {room.inodes_free} inodes free, a deploy needs {_INODES_NEEDED}",
                f"remove small files on `{on.host.name}`, or run "
                f"`inv prune --env {on.inventory.environment}`",
            )
    return None


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
    rooms: tuple[Disk, ...] = tuple(facts[disk(_places(on))].values())
    free = min(room.free for room in rooms) >> 30
    version = facts[python(on.host.python or on.app.python)].version
    return f"{free} GB free, Python {version}"
