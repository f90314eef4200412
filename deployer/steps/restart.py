"""Start the release on the idle colour, beside the one that serves."""

from collections.abc import Mapping

from deployer.core.action import Action, Install, Link, PutBack, ReloadUnits, StartUnit, StopUnit
from deployer.core.fact import Fact, Facts
from deployer.core.host_facts import file_digests
from deployer.core.host_state import app_state
from deployer.core.release import other
from deployer.core.step import LiveFile, Phase, Scope, Skip, Target, Work


class Restart:
    """Bring the new release up on its own socket; nobody is sent to it yet."""

    name = "restart"
    phase = Phase.PUBLISH
    scope = Scope.EACH

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        return (app_state(), _live_units(on))

    def do(self, on: Target, facts: Facts) -> Work:
        state = facts[app_state()]
        warm = state.colour_of(on.release.id)
        if warm and warm != state.live_colour:
            return Skip(f"{on.release.id} is still warm on {warm}")
        idle = other(state.live_colour)
        unit = on.layout.unit(idle)
        changed = _changed_units(on, facts)
        return (
            StopUnit(unit, timeout=30.0, kill=True),
            Link(on.layout.colour(idle), on.folder),
            *(
                Install(f"{on.folder}/config/system{file.path}", file.path, file.mode)
                for file in changed
            ),
            *((ReloadUnits(on.app.name),) if changed else ()),
            StartUnit(unit, timeout=on.app.runtime.start_timeout),
        )

    def undo(self, on: Target, facts: Facts) -> tuple[Action, ...]:
        state = facts[app_state()]
        if state.colour_of(on.release.id):
            return ()
        idle = other(state.live_colour)
        changed = _changed_units(on, facts)
        return (
            StopUnit(on.layout.unit(idle), timeout=30.0, kill=True),
            PutBack(on.layout.colour(idle)),
            *(PutBack(file.path) for file in changed),
            *((ReloadUnits(on.app.name),) if changed else ()),
        )


def _units(on: Target) -> tuple[LiveFile, ...]:
    return tuple(file for file in on.live_files if file.path.startswith("/etc/systemd/"))


def _live_units(on: Target) -> Fact[Mapping[str, str]]:
    return file_digests((file.path for file in _units(on)), key="units")


def _changed_units(on: Target, facts: Facts) -> tuple[LiveFile, ...]:
    live = facts[_live_units(on)]
    return tuple(file for file in _units(on) if live.get(file.path, "") != file.sha256)
