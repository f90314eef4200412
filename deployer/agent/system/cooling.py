"""A unit that may stop later: a transient timer stops it, unless somebody wants it again."""

from __future__ import annotations

from deployer.agent.context import ActionFailed, Context
from deployer.agent.system.systemd import systemctl


def cool_down(ctx: Context, unit: str, seconds: float) -> None:
    """Let systemd stop a unit after so many seconds, also if nobody of us is there any more."""
    words = [
        "systemd-run",
        "--quiet",
        "--collect",
        f"--unit={_name(ctx, unit)}",
        f"--on-active={seconds:.0f}s",
        "--timer-property=AccuracySec=1s",
        "--timer-property=RemainAfterElapse=no",
        "systemctl",
        "stop",
        unit,
    ]
    completed = ctx.execute(words, timeout=20, quiet=True)
    if not completed.ok:
        raise ActionFailed(
            f"`{unit}` could not be set to stop later: systemd-run {completed.problem}",
            log=completed.lines,
        )


def keep_running(ctx: Context, unit: str) -> bool:
    """Remove the timer that would stop a unit; tell whether there was one."""
    name = _name(ctx, unit)
    if not ctx.path(f"/run/systemd/transient/{name}.timer").exists():
        return False
    systemctl(ctx, "stop", f"{name}.timer", f"{name}.service")
    return True


def _name(ctx: Context, unit: str) -> str:
    return f"deployer-{ctx.app}-cool-{unit.removesuffix('.service').replace('@', '-')}"
