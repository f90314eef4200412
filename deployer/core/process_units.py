"""Which units the processes and timers of an inventory become, and where a release keeps them."""

from collections.abc import Iterable

from deployer.core.app import App
from deployer.core.fact import Fact
from deployer.core.host import Host
from deployer.core.rendered import RenderedFile

FOLDER = "processes"
"""The folder below `config/` of a release that holds the files of its units."""
LIST = f"{FOLDER}/units"
"""The file there that names the units that run on this host."""


def runs_some(app: App) -> bool:
    """Tell whether an app has processes or timers at all."""
    return bool(app.processes or app.timers)


def units_on(app: App, host: Host) -> tuple[str, ...]:
    """Name the units that run on a host, processes first."""
    processes = (
        unit
        for name, process in app.processes.items()
        if _is_for(process.roles, host)
        for unit in replicas(app, name)
    )
    timers = (
        f"{app.name}.{name}.timer"
        for name, timer in app.timers.items()
        if _is_for(timer.roles, host)
    )
    return (*processes, *timers)


def replicas(app: App, process: str) -> tuple[str, ...]:
    """Name the units of all copies of a process."""
    numbers = range(1, app.processes[process].replicas + 1)
    return tuple(f"{app.name}.{process}@{number}.service" for number in numbers)


def units_file(units: Iterable[str]) -> RenderedFile:
    """Give the file by which a release remembers what runs on this host when it is live."""
    content = "".join(f"{unit}\n" for unit in units).encode()
    return RenderedFile(LIST, LIST, content, mode=0o644, scope="release")


def is_unit_file(file: RenderedFile) -> bool:
    """Tell whether a file is the unit of a process or a timer."""
    return file.scope == "release" and file.path.startswith(f"{FOLDER}/") and file.path != LIST


def recorded_units(release: str) -> Fact[tuple[str, ...]]:
    """Ask which units a release on the host brings with it."""
    return Fact(f"processes:{release}", "processes", _names, {"release": release})


def _names(answer: object) -> tuple[str, ...]:
    return tuple(str(one) for one in answer) if isinstance(answer, list) else ()


def _is_for(roles: tuple[str, ...], host: Host) -> bool:
    return not roles or any(role in host.roles for role in roles)
