"""Restore beside what is live, under another name, and compare with the backup's record."""

from deployer.core.actions.restoring import DropBeside
from deployer.core.actions.restoring import RestoreBeside as Restore
from deployer.core.fact import Fact, Facts
from deployer.core.host_state import app_state
from deployer.core.restoring import Choice, restoration
from deployer.core.step import Phase, Scope, Target, Work


class RestoreBeside:
    """Users go on with the present data meanwhile."""

    name = "restore_beside"
    phase = Phase.BUILD
    scope = Scope.ONCE

    def __init__(self, choice: Choice) -> None:
        self._choice = choice

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        return (app_state(),)

    def do(self, on: Target, facts: Facts) -> Work:
        return (Restore(restoration(on, facts[app_state()], self._choice)),)

    def undo(self, on: Target, facts: Facts) -> tuple[DropBeside]:
        return (DropBeside(restoration(on, facts[app_state()], self._choice)),)
