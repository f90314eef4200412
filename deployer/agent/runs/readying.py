"""Who users are sent back to has to run first: a host boots what was enabled last.

The undo of a switch is one rename. After a power cut only the new release was started, so that
without this every request would fail from that rename until the old one is up.
"""

from __future__ import annotations

from collections.abc import Iterator

from deployer.agent.context import ActionFailed, Context, Fields
from deployer.agent.runs.performing import perform
from deployer.agent.runs.recovery import Plan
from deployer.agent.system.systemd import show, unit_name

_UNITS = "/etc/systemd/"


def make_ready(ctx: Context, plan: Plan) -> None:
    """Start and prove what settles a run, if users are sent elsewhere; never raises.

    What fails here is done once more after the undo, and told then.
    """
    try:
        if plan.is_exposed and _is_switched(ctx, plan) and not _runs(ctx, plan):
            ctx.step = "settle"
            for action in readying(plan):
                perform(ctx, action)
    except (ActionFailed, OSError) as error:
        ctx.action(f"before the switch back: {error}")


def readying(plan: Plan) -> Iterator[Fields]:
    """Give what has the old release up on its own colour: its unit files, its start, a look."""
    undo = [action for started in plan.undo for action in started.undo]
    yield from (one for one in undo if one.get("action") == "PutBack" and _is_unit(one))
    yield from [one for one in undo if one.get("action") == "ReloadUnits"][:1]
    yield from _settling(plan, "StartUnit")
    # One good answer is enough to be sent there; what settles takes its time afterwards.
    yield from ({**one, "settle": 0.0} for one in _settling(plan, "CheckHealth"))


def _is_switched(ctx: Context, plan: Plan) -> bool:
    """Tell whether the links that settle a run do not lead there now."""
    for one in _settling(plan, "Link"):
        link = ctx.path(str(one.get("path")))
        if not link.is_symlink() or str(link.readlink()) != one.get("target"):
            return True
    return False


def _runs(ctx: Context, plan: Plan) -> bool:
    units = [unit_name(str(one.get("unit"))) for one in _settling(plan, "StartUnit")]
    return all(show(ctx, unit).active == "active" for unit in units)


def _settling(plan: Plan, name: str) -> Iterator[Fields]:
    return (one for one in plan.settle if one.get("action") == name)


def _is_unit(action: Fields) -> bool:
    return str(action.get("path", "")).startswith(_UNITS)
