"""The proof of processes: they stay active, from the right release, and are not started again."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from deployer.agent.context import ActionFailed, Context
from deployer.agent.health.crash_reason import crash_reason, since_started, telling
from deployer.agent.system.process_units import release_of
from deployer.agent.system.systemd import UnitState, log_of, pause, show_all

_STEP = 0.25
_OLD = 60.0
_LOG_SEARCHED = 150
_HINT = "Read the log lines above, mend the process and deploy again."


def prove(
    ctx: Context, release: str, units: Sequence[str], excused: Sequence[str], settle: float
) -> None:
    """Watch units for `settle` seconds; of those `excused` a failure is only told."""
    if not units:
        return
    began = time.monotonic()
    told: set[str] = set()
    first = show_all(ctx, units)
    for unit in (one for one in units if first[one].sub == "elapsed"):
        ctx.notice(f"`{unit}` never fires: no time to come is in its schedule", "warning")
    while True:
        for unit, state in show_all(ctx, units).items():
            problem = _problem(unit, state, first[unit], release) if unit not in told else ""
            if problem and unit not in excused:
                raise _failed(ctx, unit, problem, release)
            if problem:
                told.add(unit)
                ctx.notice(f"`{unit}` {problem}, as before this run", "warning")
        if time.monotonic() - began >= settle:
            return
        pause(ctx, _STEP)


def prove_alive(ctx: Context, release: str, units: Sequence[str]) -> None:
    """Look once at units that were proven before: none has died since then."""
    for unit, state in show_all(ctx, units).items():
        problem = _problem(unit, state, replace(state, restarts=0), release)
        if problem:
            raise _failed(ctx, unit, problem, release)


def _problem(unit: str, state: UnitState, first: UnitState, release: str) -> str:
    if state.load != "loaded":
        return f"is not there ({state.load or 'unknown'})"
    if state.active == "failed" or state.sub == "auto-restart":
        return f"ended by itself ({state.result})"
    if state.active != "active":
        return f"is {state.active}/{state.sub}"
    if unit.endswith(".timer"):
        return ""
    if state.main != first.main or state.restarts != first.restarts:
        return "was started again"
    runs = release_of(state.main)
    return f"runs from `{runs}`" if runs and runs != release else ""


def _failed(ctx: Context, unit: str, problem: str, release: str) -> ActionFailed:
    lines = log_of(ctx, unit, ctx.started.get(unit, time.time() - _OLD), _LOG_SEARCHED)
    reason = crash_reason(lines)
    cause = f"`{unit}` of {release} {problem}"
    log = telling(since_started(lines))
    return ActionFailed(f"{cause}: {reason}" if reason else cause, _HINT, log)
