"""Stop an app for the moment of a swap, although users are sent to it, and start it again."""

from __future__ import annotations

import time

from deployer.agent.actions.units import start_unit
from deployer.agent.context import ActionFailed, Context, Fields
from deployer.agent.system.cooling import keep_running
from deployer.agent.system.systemd import show, systemctl, unit_name
from deployer.agent.text import fields

_STOPPED = ("inactive", "failed")


def pause(ctx: Context, action: Fields) -> bool:
    """Stop all of these units, and believe only what systemd shows afterwards."""
    timeout = fields.number(action, "timeout", 60.0)
    changed = False
    for unit in map(unit_name, fields.texts(action, "units")):
        keep_running(ctx, unit)
        if show(ctx, unit).active in _STOPPED:
            continue
        ctx.results.setdefault("paused", time.time())
        ctx.action(f"stop {unit}")
        systemctl(ctx, "stop", unit, timeout=timeout)
        _expect_stopped(ctx, unit)
        changed = True
    return changed


def resume(ctx: Context, action: Fields) -> bool:
    """Start the unit again and wait until it is active."""
    changed = start_unit(ctx, action)
    ctx.results["resumed"] = time.time()
    return changed


def _expect_stopped(ctx: Context, unit: str) -> None:
    if show(ctx, unit).active in _STOPPED:
        return
    systemctl(ctx, "kill", "-s", "KILL", unit)
    systemctl(ctx, "stop", unit)
    state = show(ctx, unit)
    if state.active not in _STOPPED:
        hint = f"Look at `systemctl status {unit}` on the host."
        raise ActionFailed(f"`{unit}` does not stop: it is {state.active}/{state.sub}", hint)
