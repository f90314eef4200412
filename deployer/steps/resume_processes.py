"""Start again what was stopped beside the web app, on the data that was restored."""

from deployer.core.actions.processes import RunProcesses as Run
from deployer.core.fact import Fact, Facts
from deployer.core.host_state import app_state
from deployer.core.process_state import not_running
from deployer.core.step import Phase, Scope, Skip, Target, Work


class ResumeProcesses:
    """The processes and timers of the live release run again, as they did before."""

    name = "run_processes"
    phase = Phase.VERIFY
    scope = Scope.EACH

    def facts(self, on: Target) -> tuple[Fact[object], ...]:
        return (app_state(),)

    def do(self, on: Target, facts: Facts) -> Work:
        state = facts[app_state()]
        units = tuple(one.unit for one in state.processes)
        if not units:
            return Skip("no process and no timer runs on this host")
        return (Run(state.live, units, not_running(state.processes)),)

    def undo(self, on: Target, facts: Facts) -> tuple[()]:
        return ()  # what settles afterwards starts them
