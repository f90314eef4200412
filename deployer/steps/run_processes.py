"""After the web role is proven: the processes and timers of the release run, and no others."""

from deployer.core.actions.processes import ProveProcesses
from deployer.core.actions.processes import RunProcesses as Run
from deployer.core.fact import Fact, Facts
from deployer.core.host_state import app_state
from deployer.core.process_state import gone, not_running
from deployer.core.process_units import recorded_units, units_on
from deployer.core.step import Notice, Phase, Scope, Skip, Target, Told, Work

_SETTLE = 3.0


class RunProcesses:
    """Restart what runs beside the web app, remove what was dropped, and watch it for a while.

    With `recorded` the release says itself what it runs, and not the inventory: it is an older one.
    """

    name = "run_processes"
    phase = Phase.VERIFY
    scope = Scope.EACH

    def __init__(self, *, recorded: bool = False) -> None:
        self._recorded = recorded

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        recorded = (recorded_units(on.release.id),) if self._recorded else ()
        return (app_state(), *recorded)

    def do(self, on: Target, facts: Facts) -> Work:
        state = facts[app_state()]
        units = self._units(on, facts)
        dropped = gone(state.processes, units)
        if not units and not dropped:
            return Skip("no process and no timer runs on this host")
        settle = max(on.app.health.settle, _SETTLE)
        return Told(
            (Run(on.release.id, units, self._excused(facts), settle),),
            tuple(Notice(f"`{unit}` is stopped and removed") for unit in dropped),
        )

    def proof(self, on: Target, facts: Facts) -> tuple[ProveProcesses, ...]:
        """Give what sees later that they have stayed alive."""
        units = tuple(one for one in self._units(on, facts) if one not in self._excused(facts))
        return (ProveProcesses(on.release.id, units),) if units else ()

    def undo(self, on: Target, facts: Facts) -> tuple[Run, ...]:
        # What was live before settles its own; on a first deploy there is nothing to settle.
        return () if facts[app_state()].live else (Run(""),)

    def _excused(self, facts: Facts) -> tuple[str, ...]:
        # On the way back nobody is to be kept from the older release by what is broken anyway.
        return not_running(facts[app_state()].processes) if self._recorded else ()

    def _units(self, on: Target, facts: Facts) -> tuple[str, ...]:
        if self._recorded:
            return facts[recorded_units(on.release.id)]
        return units_on(on.app, on.host)
