"""Start and stop units, and believe only what systemd shows afterwards."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from deployer.agent.context import ActionFailed, Context
from deployer.agent.disk.files import fsync_folder
from deployer.agent.health.crash_reason import crash_reason, telling
from deployer.agent.runs import standing
from deployer.agent.system.cooling import cool_down, keep_running
from deployer.agent.system.systemd import (
    UnitState,
    folder_of,
    log_of,
    show,
    show_all,
    systemctl,
    unit_name,
)
from deployer.agent.text import fields

_STOPPED = ("inactive", "failed")
_LOG_SEARCHED = 150


def start_unit(ctx: Context, action: Mapping[str, object]) -> bool:
    """Start a unit and wait until it is active; one that never gets there is killed."""
    unit = unit_name(fields.text(action, "unit"))
    timeout = fields.number(action, "timeout", 60.0)
    keep_running(ctx, unit)
    state = show(ctx, unit)
    if state.active == "active":
        if _runs_its_release(ctx, unit, state) and _has_its_sockets(ctx, unit):
            return False
        systemctl(ctx, "stop", unit, timeout=timeout)
    systemctl(ctx, "reset-failed", unit)  # also its count of starts: ours are no crash loop
    ctx.action(f"start {unit}")
    since = ctx.started[unit] = time.time()
    started = systemctl(ctx, "start", unit, timeout=timeout)  # ends as soon as it is active
    state = show(ctx, unit)
    if not started.ok and (state.load != "loaded" or state.active == "inactive"):
        hint = "Is the unit file in its place? `inv setup` and `inv deploy` write it."
        raise ActionFailed(f"systemd does not start `{unit}`", hint, started.lines)
    problem = _problem(state, timeout, in_time=started.ended != "timeout")
    if problem:
        raise _not_started(ctx, unit, problem, since)
    return True


def stop_unit(ctx: Context, action: Mapping[str, object]) -> bool:
    """Stop a unit now or later."""
    unit = unit_name(fields.text(action, "unit"))
    if _is_live(ctx, unit):
        # Better a release that is not wanted than none: the link could not be put back.
        raise ActionFailed(f"users are still sent to `{unit}`, so it is not stopped")
    keep_running(ctx, unit)
    state = show(ctx, unit)
    if state.active in _STOPPED:
        if state.active == "failed":
            systemctl(ctx, "reset-failed", unit)
        return False
    after = fields.number(action, "after")
    if after > 0:
        ctx.action(f"stop {unit} in {after:.0f} s")
        cool_down(ctx, unit, after)
        return True
    timeout = fields.number(action, "timeout", 60.0)
    ctx.action(f"stop {unit}")
    if fields.flag(action, "kill"):
        _kill(ctx, unit)
    else:
        systemctl(ctx, "stop", unit, timeout=timeout)
    _expect_stopped(ctx, unit)
    return True


def reload_units(ctx: Context, action: Mapping[str, object]) -> bool:
    """Let systemd read its unit files again, and check that it did."""
    app = fields.text(action, "app")
    reloaded = systemctl(ctx, "daemon-reload", timeout=60.0)
    if not reloaded.ok:
        raise ActionFailed(f"`systemctl daemon-reload` {reloaded.problem}", log=reloaded.lines)
    patterns = (f"{app}.service", f"{app}@*.service", f"{app}-*.service", f"{app}.*")
    shown = systemctl(ctx, "show", "-p", "Id,NeedDaemonReload", "--", *patterns)
    for block in shown.stdout.decode("utf-8", "replace").split("\n\n"):
        said = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        if said.get("NeedDaemonReload") == "yes":
            raise ActionFailed(f"systemd still uses the old file of `{said.get('Id', app)}`")
    return True


def swap_enabled(ctx: Context, action: Mapping[str, object]) -> bool:
    """Start one unit at boot and another no more."""
    enable = fields.text(action, "enable")
    disable = fields.text(action, "disable")
    if enable:
        keep_running(ctx, unit_name(enable))
    changed = _set_enabled(ctx, enable, wanted=True)
    return _set_enabled(ctx, disable, wanted=False) or changed


def _set_enabled(ctx: Context, unit: str, *, wanted: bool) -> bool:
    if not unit or _is_enabled(ctx, unit_name(unit)) == wanted:
        return False
    verb = "enable" if wanted else "disable"
    done = systemctl(ctx, verb, "--quiet", "--no-reload", unit)
    if not done.ok and wanted:
        raise ActionFailed(f"`systemctl {verb} {unit}` {done.problem}", log=done.lines)
    for folder in _boot_folders(ctx):
        fsync_folder(folder)  # systemctl(1) does not, and the next boot may follow a power cut
    return True


def _boot_folders(ctx: Context) -> list[Path]:
    units = ctx.path("/etc/systemd/system")
    kinds = ("wants", "requires")
    return [units, *(folder for kind in kinds for folder in units.glob(f"*.{kind}"))]


def _is_enabled(ctx: Context, unit: str) -> bool:
    """Look where `systemctl enable` puts its links (systemctl(1)); asking it takes a process."""
    return any((folder / unit).is_symlink() for folder in _boot_folders(ctx))


def _runs_its_release(ctx: Context, unit: str, state: UnitState) -> bool:
    colour = unit.rpartition(".")[0].partition("@")[2]
    link = ctx.path(f"/srv/{ctx.app}/run/{colour}" if colour else f"/srv/{ctx.app}/current")
    folder = folder_of(state.main)
    if not folder or not link.is_symlink():
        return True
    release = str(link.resolve())
    return folder == release or folder.startswith(release + "/")


def _has_its_sockets(ctx: Context, unit: str) -> bool:
    """Tell whether systemd has the sockets open that the release on a colour inherits.

    It has not if the host booted in the middle of a change of the kind, by the other one's file.
    """
    release = standing.linked(ctx, f"run/{unit.rpartition('.')[0].partition('@')[2]}")
    if not standing.inherits(ctx, release):
        return True
    sockets = [f"{ctx.app}@{colour}.socket" for colour in standing.COLOURS]
    return all(state.active == "active" for state in show_all(ctx, sockets).values())


def _problem(state: UnitState, timeout: float, *, in_time: bool) -> str:
    """Give "" for a unit that was started and is active, else what went wrong."""
    if state.active == "active":
        return ""
    if state.result == "timeout" or not in_time:
        return f"never became ready in {timeout:.0f} s"
    return f"crashed at start ({state.result})"


def _not_started(ctx: Context, unit: str, problem: str, since: float) -> ActionFailed:
    lines = log_of(ctx, unit, since, _LOG_SEARCHED)
    if not _is_live(ctx, unit):
        _kill(ctx, unit)
    reason = crash_reason(lines)
    if reason and problem.startswith("crashed"):
        problem = f"crashed at start: {reason}"
    return ActionFailed(
        f"the new release {problem}" if not _is_live(ctx, unit) else f"`{unit}` {problem}",
        "Read the log lines above, mend the app and deploy again.",
        telling(lines),
    )


def _is_live(ctx: Context, unit: str) -> bool:
    """Tell whether users are sent to this unit: systemd shall go on trying to start it."""
    live = ctx.path(f"/srv/{ctx.app}/run/live.sock")
    colour = unit.partition("@")[2].removesuffix(".service")
    return live.is_symlink() and str(live.readlink()) == f"/run/{ctx.app}-{colour}/app.sock"


def _kill(ctx: Context, unit: str) -> None:
    # It serves nobody: no drain, and a hanging import ignores SIGTERM.
    systemctl(ctx, "stop", "--no-block", unit)
    systemctl(ctx, "kill", "-s", "KILL", unit)
    systemctl(ctx, "stop", unit)
    systemctl(ctx, "reset-failed", unit)


def _expect_stopped(ctx: Context, unit: str) -> None:
    if show(ctx, unit).active in _STOPPED:
        return
    systemctl(ctx, "kill", "-s", "KILL", unit)
    systemctl(ctx, "stop", unit)
    state = show(ctx, unit)
    if state.active not in _STOPPED:
        raise ActionFailed(
            f"`{unit}` does not stop: it is {state.active}/{state.sub}",
            hint=f"Look at `systemctl status {unit}` on the host.",
        )
