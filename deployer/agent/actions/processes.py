"""Have the processes and timers of one release run, and no others; or stop them for a while."""

from __future__ import annotations

import time
from collections.abc import Sequence

from deployer.agent.actions.files import install, link, unlink
from deployer.agent.actions.units import reload_units, swap_enabled
from deployer.agent.context import ActionFailed, Context, Fields
from deployer.agent.health.process_proof import prove, prove_alive
from deployer.agent.system import process_units as names
from deployer.agent.system.systemd import show_all, systemctl, unit_name
from deployer.agent.text import fields

_STOPPED = ("inactive", "failed")
_SLACK = 30.0


def run_processes(ctx: Context, action: Fields) -> bool:
    """Bring these units of a release up, remove all others, and watch them for a while."""
    release = fields.text(action, "release")
    units = tuple(map(unit_name, fields.texts(action, "units")))
    strange = [unit for unit in units if not names.is_unit(ctx, unit)]
    if strange:
        raise ActionFailed(f"`{strange[0]}` is no unit of a process of `{ctx.app}`")
    at_rest = _at_rest(ctx, release, units) if release else ()
    away = tuple(one for one in _present(ctx) if one not in units)
    if len(at_rest) < len(units) or away:
        _stop(ctx, tuple(one for one in (*_present(ctx), *units) if one not in at_rest))
    changed = _put_files(ctx, release, units, away)
    if away:  # one that was killed would stay among the host's failed units for ever
        systemctl(ctx, "reset-failed", *away)
    since = _start(ctx, tuple(one for one in units if one not in at_rest))
    excused = fields.texts(action, "excused")
    settle = fields.number(action, "settle", 3.0)
    prove(ctx, release, units, excused, settle if since else 0.0)
    return changed or bool(since)


def prove_processes(ctx: Context, action: Fields) -> bool:
    """See that units of a release still run, and that none of them was started again."""
    units = tuple(map(unit_name, fields.texts(action, "units")))
    prove_alive(ctx, fields.text(action, "release"), units)
    return False


def stop_processes(ctx: Context, action: Fields) -> bool:
    """Stop units of processes, and of timers also the run that is at work."""
    units = tuple(map(unit_name, fields.texts(action, "units")))
    at_work = tuple(names.service_of(unit) for unit in units if unit.endswith(".timer"))
    # A timer first: it would start the service again.
    return _stop(ctx, (*sorted(units, key=lambda unit: not unit.endswith(".timer")), *at_work))


def _present(ctx: Context) -> tuple[str, ...]:
    """Name what there is, but the runs of timers that are at work: they end by themselves."""
    found = dict.fromkeys((*names.enabled(ctx), *names.loaded(ctx)))
    return tuple(one for one in found if one.endswith(".timer") or "@" in one)


def _at_rest(ctx: Context, release: str, units: Sequence[str]) -> tuple[str, ...]:
    """Name the units that run from this release already; of timers, those that are the same.

    A timer is not stopped for nothing: it could miss the moment to fire.
    """
    states = show_all(ctx, units)
    return tuple(
        unit
        for unit in units
        if states[unit].active == "active"
        and (unit.endswith(".timer") or names.release_of(states[unit].main) == release)
        and all(_is_same(ctx, release, file) for file in names.files_of(unit))
    )


def _is_same(ctx: Context, release: str, file: str) -> bool:
    try:
        live = ctx.path(names.live_file(file)).read_bytes()
        return live == ctx.path(names.carried_file(ctx, release, file)).read_bytes()
    except OSError:
        return False


def _stop(ctx: Context, units: tuple[str, ...]) -> bool:
    states = show_all(ctx, units)
    running = tuple(dict.fromkeys(one for one in units if states[one].active not in _STOPPED))
    if not running:
        return False
    ctx.action(f"stop {', '.join(running)}")
    timers = tuple(one for one in running if one.endswith(".timer"))
    services = tuple(one for one in running if not one.endswith(".timer"))
    for some in filter(None, (timers, services)):
        # They stop side by side, each with the time that its file gives it.
        systemctl(ctx, "stop", *some, timeout=names.longest_stop(ctx, some) + _SLACK)
    for unit in _expect_stopped(ctx, running):
        ctx.notice(
            f"`{unit}` did not end in the time that it is given, so it was killed", "warning"
        )
    return True


def _expect_stopped(ctx: Context, units: Sequence[str]) -> tuple[str, ...]:
    """Have units stopped, and name those that systemd had to kill."""
    for unit, state in show_all(ctx, units).items():
        if state.active not in _STOPPED:
            systemctl(ctx, "kill", "-s", "KILL", unit)
            systemctl(ctx, "stop", unit)
    states = show_all(ctx, units)
    for unit, state in states.items():
        if state.active not in _STOPPED:
            hint = f"Look at `systemctl status {unit}` on the host."
            raise ActionFailed(f"`{unit}` does not stop: it is {state.active}/{state.sub}", hint)
    return tuple(unit for unit, state in states.items() if state.result == "timeout")


def _put_files(ctx: Context, release: str, units: Sequence[str], away: Sequence[str]) -> bool:
    """Have the release's own files, the link and what is started at boot in their places."""
    changed = False
    for unit in away:
        changed |= swap_enabled(ctx, {"enable": "", "disable": unit})
    wanted = tuple(dict.fromkeys(file for unit in units for file in names.files_of(unit)))
    for file in wanted:
        source, path = names.carried_file(ctx, release, file), names.live_file(file)
        changed |= install(ctx, {"source": source, "path": path})
    for file in names.files(ctx):
        if file not in wanted:
            changed |= unlink(ctx, {"path": names.live_file(file)})
    path = f"/srv/{ctx.app}/{names.LINK}"
    if units:
        folder = f"/srv/{ctx.app}/releases/{release}"
        changed |= link(ctx, {"path": path, "target": folder})
    else:
        changed |= unlink(ctx, {"path": path})
    if changed:
        reload_units(ctx, {"app": ctx.app})
    for unit in units:
        changed |= swap_enabled(ctx, {"enable": unit, "disable": ""})
    return changed


def _start(ctx: Context, units: Sequence[str]) -> float:
    """Start what does not run, all side by side; gives when, or 0.0 for nothing."""
    if not units:
        return 0.0
    systemctl(ctx, "reset-failed", *units)  # also their counts of starts: ours are no crash loop
    ctx.action(f"start {', '.join(units)}")
    since = time.time()
    ctx.started.update(dict.fromkeys(units, since))
    systemctl(ctx, "start", *units, timeout=60.0)  # what failed is found by the proof
    return since
