"""The processes and timers of an app: how they are now, and which a release brings with it."""

from __future__ import annotations

from deployer.agent.context import ActionFailed, Context, Fields
from deployer.agent.system import process_units as names
from deployer.agent.system.systemd import systemctl
from deployer.agent.text import fields

_ASKED = (
    "ActiveState,SubState,NRestarts,MainPID,NextElapseUSecRealtime,Result,"
    "ExecMainExitTimestampMonotonic"
)


def processes(ctx: Context, question: Fields) -> object:
    """Name the units that a release brings with it."""
    return list(names.recorded(ctx, fields.text(question, "release")))


def standing_processes(ctx: Context) -> dict[str, object]:
    """Give how the units are that are to run, under `processes`; nothing if there are none."""
    units = names.enabled(ctx)
    if not units:
        return {}
    services = [names.service_of(unit) for unit in units if unit.endswith(".timer")]
    asked = (*units, *services)
    shown = systemctl(ctx, "show", "-p", _ASKED, "--", *asked)
    if not shown.ok:
        raise ActionFailed(f"`systemctl show` {shown.problem}", log=shown.lines)
    blocks = shown.stdout.decode("utf-8", "replace").strip().split("\n\n")
    said = [dict(line.split("=", 1) for line in one.splitlines() if "=" in line) for one in blocks]
    states = {unit: said[at] for at, unit in enumerate(asked) if at < len(said)}
    return {"processes": [_described(unit, states) for unit in units]}


def _described(unit: str, states: dict[str, dict[str, str]]) -> dict[str, object]:
    said = states.get(unit, {})
    about = {"unit": unit, "active": said.get("ActiveState", "unknown")}
    if not unit.endswith(".timer"):
        main = said.get("MainPID", "0")
        release = names.release_of(int(main)) if main.isdigit() and int(main) else ""
        return {**about, "restarts": _whole(said, "NRestarts"), "release": release}
    run = states.get(names.service_of(unit), {})
    has_run = _whole(run, "ExecMainExitTimestampMonotonic") > 0
    return {
        **about,
        "next": said.get("NextElapseUSecRealtime", ""),
        "over": said.get("SubState") == "elapsed",
        "last": run.get("Result", "") if has_run else "",
    }


def _whole(said: dict[str, str], key: str) -> int:
    text = said.get(key, "")
    return int(text) if text.isdigit() else 0
