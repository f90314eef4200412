"""Read the backup whole again and find out whether it can be restored, before anything is done."""

from deployer.core.actions.restoring import CheckBackup as Check
from deployer.core.fact import Fact, Facts
from deployer.core.host_state import app_state
from deployer.core.restoring import Choice, restoration
from deployer.core.step import Phase, Scope, Target, Work


class CheckBackup:
    """The backup is whole, and tools, rights and room suffice."""

    name = "check_backup"
    phase = Phase.PREPARE
    scope = Scope.ONCE

    def __init__(self, choice: Choice) -> None:
        self._choice = choice

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        return (app_state(),)

    def do(self, on: Target, facts: Facts) -> Work:
        return (Check(restoration(on, facts[app_state()], self._choice)),)

    def undo(self, on: Target, facts: Facts) -> tuple[()]:
        return ()
