"""What follows an unwinding: processes are settled forwards, for the release that is live again."""

from deployer.core.action import Action
from deployer.core.actions.files import Link
from deployer.core.actions.processes import RunProcesses
from deployer.core.actions.units import StartUnit
from deployer.core.health import judge
from deployer.core.host_state import AppState
from deployer.core.inventory import App
from deployer.core.process_state import not_running
from deployer.core.process_units import runs_some
from deployer.core.release import Layout


def settle(app: App, state: AppState) -> tuple[Action, ...]:
    """Make sure that the release which was live before serves well; nothing on a first deploy."""
    if not state.live or not state.live_colour:
        return ()
    layout = Layout(app.name)
    return (
        StartUnit(layout.unit(state.live_colour), timeout=app.runtime.start_timeout),
        # Already so after an undo, unless somebody had removed or bent it before the run.
        Link(layout.live_socket, layout.socket(state.live_colour)),
        judge(app, state.live, state.live_colour, settle=min(app.health.settle, 1.0)),
        *_processes(app, state),
    )


def _processes(app: App, state: AppState) -> tuple[RunProcesses, ...]:
    if not runs_some(app) and not state.processes:
        return ()
    units = tuple(one.unit for one in state.processes)
    return (RunProcesses(state.live, units, not_running(state.processes), settle=1.0),)
