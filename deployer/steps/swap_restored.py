"""Put what was restored in the live one's place, by rename."""

from deployer.core.action import Action
from deployer.core.actions.processes import StopProcesses
from deployer.core.actions.restoring import SwapBack
from deployer.core.actions.restoring import SwapRestored as Swap
from deployer.core.actions.units import Pause
from deployer.core.fact import Fact, Facts
from deployer.core.host_state import app_state
from deployer.core.restoring import Choice, restoration, units
from deployer.core.step import Phase, Scope, Target, Work


class SwapRestored:
    """The old one is kept under a dated name, and is swapped back if the app does not get well."""

    name = "swap"
    phase = Phase.PUBLISH
    scope = Scope.ONCE

    def __init__(self, choice: Choice) -> None:
        self._choice = choice

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        return (app_state(),)

    def do(self, on: Target, facts: Facts) -> Work:
        return (Swap(restoration(on, facts[app_state()], self._choice)),)

    def undo(self, on: Target, facts: Facts) -> tuple[Action, ...]:
        # After a power cut the app is started at boot, before this.
        beside = tuple(one.unit for one in facts[app_state()].processes)
        back = SwapBack(restoration(on, facts[app_state()], self._choice))
        return (*((StopProcesses(beside),) if beside else ()), Pause(units(on)), back)
