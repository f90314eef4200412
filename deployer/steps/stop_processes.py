"""Stop processes before the database is changed under them."""

from deployer.core.actions.processes import StopProcesses as Stop
from deployer.core.fact import Fact, Facts
from deployer.core.host_state import app_state
from deployer.core.process_state import ProcessState
from deployer.core.step import Phase, Scope, Skip, Target, Work


class StopProcesses:
    """Stop those that ask for it, or with `everything` all and the timers too, for a restore.

    One that the inventory names no more stops too: it may have asked, and goes with this release.
    """

    name = "stop_processes"
    phase = Phase.PUBLISH
    scope = Scope.EACH

    def __init__(self, *, everything: bool = False) -> None:
        self._everything = everything

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        return (app_state(),)

    def do(self, on: Target, facts: Facts) -> Work:
        units = tuple(
            one.unit for one in facts[app_state()].processes if self._everything or _asks(on, one)
        )
        return (Stop(units),) if units else Skip("nothing runs here that is to stop before")

    def undo(self, on: Target, facts: Facts) -> tuple[()]:
        return ()  # what settles afterwards starts them


def _asks(on: Target, one: ProcessState) -> bool:
    process = on.app.processes.get(one.name)
    return not one.is_timer and (process is None or process.stop_before_migrate)
