"""Start the release on the idle colour, beside the one that serves."""

from collections.abc import Mapping

from deployer.core.action import Action
from deployer.core.actions.files import Install, Link, PutBack
from deployer.core.actions.releases import Mark
from deployer.core.actions.units import ReloadUnits, StartUnit, StopUnit
from deployer.core.fact import Fact, Facts
from deployer.core.host_facts import file_digests
from deployer.core.host_state import app_state
from deployer.core.step import LiveFile, Phase, Scope, Target, Work


class Restart:
    """Bring the new release up on its own socket; nobody is sent to it yet."""

    name = "restart"
    phase = Phase.PUBLISH
    scope = Scope.EACH

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        return (app_state(), _live_units(on))

    def do(self, on: Target, facts: Facts) -> Work:
        state = facts[app_state()]
        colour = state.colour_for(on.release.id)
        unit = on.layout.unit(colour)
        changed = _changed_units(on, facts)
        clean: tuple[Action, ...] = (
            StopUnit(unit, timeout=30.0, kill=True),
            Link(on.layout.colour(colour), on.folder),
        )
        new = state.release(on.release.id) is None
        return (
            *((Mark(on.release.id, "live"),) if new else ()),
            *(() if state.is_warm(on.release.id) else clean),
            *(
                Install(f"{on.folder}/config/system{file.path}", file.path, file.mode)
                for file in changed
            ),
            *((ReloadUnits(on.app.name),) if changed else ()),
            # A warm one runs already: this takes its time to stop away.
            StartUnit(unit, timeout=on.app.runtime.start_timeout),
        )

    def undo(self, on: Target, facts: Facts) -> tuple[Action, ...]:
        state = facts[app_state()]
        colour = state.colour_for(on.release.id)
        changed = _changed_units(on, facts)
        # A warm one may have served a moment ago; another one never did.
        drain = on.app.runtime.drain if state.is_warm(on.release.id) else 0.0
        return (
            StopUnit(on.layout.unit(colour), timeout=30.0, kill=not drain, after=drain),
            PutBack(on.layout.colour(colour)),
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
