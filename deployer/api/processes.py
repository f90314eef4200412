"""What processes and timers add to a deploy, a rollback and a look."""

from collections.abc import Mapping
from dataclasses import replace

from deployer.core.host_state import AppState
from deployer.core.inventory import Inventory
from deployer.core.process_state import ProcessState
from deployer.core.process_units import runs_some, units_file, units_on
from deployer.core.step import Target


def runs_any(found: Mapping[str, AppState]) -> bool:
    """Tell whether there is a process or timer on any host."""
    return any(state.processes for state in found.values())


def with_processes(on: Target) -> Target:
    """Give the release of a host the list of what runs there; nothing without processes."""
    if not runs_some(on.app):
        return on
    return replace(on, files=(*on.files, units_file(units_on(on.app, on.host))))


def in_short(states: tuple[ProcessState, ...]) -> str:
    """Say how processes and timers stand, such as `worker 2/2, nightly next Fri 03:30`."""
    said: list[str] = []
    for name in dict.fromkeys(one.name for one in states if not one.is_timer):
        copies = [one for one in states if one.name == name and not one.is_timer]
        restarts = sum(one.restarts for one in copies)
        again = f" ({restarts} restarts)" if restarts else ""
        said.append(f"{name} {sum(one.is_active for one in copies)}/{len(copies)}{again}")
    said += (_timer(one) for one in states if one.is_timer)
    return ", ".join(said)


def _timer(one: ProcessState) -> str:
    when = one.active
    if one.is_active:
        idle = "never fires again" if one.over else "at work"
        when = f"next {one.next}" if one.next else idle
    failed = f", last run: {one.last}" if one.last not in ("", "success") else ""
    return f"{one.name} {when}{failed}"


def wrong_with(states: tuple[ProcessState, ...], live: str) -> str:
    """Say what is wrong with processes and timers; "" for nothing."""
    for one in states:
        if not one.is_active:
            return f"`{one.unit}` is {one.active}"
        if one.release and live and one.release != live:
            return f"`{one.unit}` runs {one.release}, which is not live"
    return ""


def why_not_as_wanted(inventory: Inventory, host: str, state: AppState) -> str:
    """Say what of the processes and timers is not as the inventory wants it; "" if all is."""
    wanted = units_on(inventory.app, inventory.hosts[host])
    there = {one.unit: one for one in state.processes}
    for unit in wanted:
        if unit not in there:
            return f"`{unit}` is not there"
        if not there[unit].is_active:
            return f"`{unit}` is {there[unit].active}"
    surplus = next((unit for unit in there if unit not in wanted), "")
    return f"`{surplus}` is not in the inventory" if surplus else ""
