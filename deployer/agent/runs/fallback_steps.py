"""What leaving a damaged release consists of, as actions; nothing here is done yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from deployer.agent.context import Context, Fields
from deployer.agent.runs import standing
from deployer.agent.runs.release_record import release_folder
from deployer.agent.system import process_units

_ANSWERS = tuple(range(200, 500))
"""Of a release from before probes were recorded: whatever answers is better than what is broken."""
_START = 300.0
_SETTLE = 1.0


def starting(ctx: Context, release: str, colour: str) -> Sequence[Fields]:
    """Start a release on a colour that users are not sent to, and have it prove itself."""
    units = _files(ctx, release, "/etc/systemd/")
    is_there = standing.linked(ctx, f"run/{colour}") == release
    shares = standing.inherits(ctx, release)
    # One that is still warm has no sockets any more: another kind has closed them.
    is_ready = is_there and (not shares or standing.live_colour(ctx) == colour)
    return (
        *(() if is_ready else (stopping(ctx, colour),)),
        _link(ctx, f"run/{colour}", _folder(ctx, release)),
        *units,
        *(({"action": "ReloadUnits", "app": ctx.app},) if units else ()),
        *((_making_way(ctx, colour),) if shares else ()),
        {"action": "StartUnit", "unit": unit(ctx, colour), "timeout": _START},
        _health(ctx, release, colour),
    )


def _making_way(ctx: Context, colour: str) -> Fields:
    """Stop the other colour: two that inherit the same sockets would both get users."""
    return {"action": "Pause", "units": [unit(ctx, standing.other(colour))]}


def stopping(ctx: Context, colour: str) -> Fields:
    """Stop what is on a colour at once."""
    return {"action": "StopUnit", "unit": unit(ctx, colour), "kill": True, "timeout": 30.0}


def switching(ctx: Context, colour: str) -> Sequence[Fields]:
    """Send users to a colour, now and after the next boot."""
    return (
        _link(ctx, "run/live.sock", _socket(ctx, colour)),
        {
            "action": "SwapEnabled",
            "enable": unit(ctx, colour),
            "disable": unit(ctx, standing.other(colour)),
        },
    )


def sites(ctx: Context, release: str) -> Sequence[Fields]:
    """Put the release's own site in its place; nothing if it is there."""
    files = _files(ctx, release, "/etc/nginx/")
    return (*files, {"action": "ReloadWebServer"}) if files else ()


def processes(ctx: Context, release: str) -> Sequence[Fields]:
    """Have the processes and timers of a release run; nothing if the app has none."""
    units, there = process_units.recorded(ctx, release), process_units.enabled(ctx)
    if not units and not there:
        return ()
    return ({"action": "RunProcesses", "release": release, "units": units, "settle": _SETTLE},)


def marking(damaged: str, damage: str) -> Sequence[Fields]:
    """Take its good name from the damaged release."""
    note = [["note", f"damaged: {damage}"]]
    return ({"action": "Mark", "release": damaged, "state": "failed", "note": note},)


def calling_live(ctx: Context, release: str) -> Sequence[Fields]:
    """Call a release live."""
    return (
        _link(ctx, "current", f"releases/{release}"),
        _link(ctx, "run/live", _folder(ctx, release)),
    )


def unit(ctx: Context, colour: str) -> str:
    """Give the unit of a colour."""
    return f"{ctx.app}@{colour}.service"


def _health(ctx: Context, release: str, colour: str) -> Fields:
    probe = {
        "path": "/",
        "host": "localhost",
        "expect_status": _ANSWERS,
        "socket": _socket(ctx, colour),
    }
    return {
        "action": "CheckHealth",
        "unit": unit(ctx, colour),
        "release": release,
        "release_folder": _folder(ctx, release),
        "probes": [probe],
        "settle": _SETTLE,
    }


def _files(ctx: Context, release: str, below: str) -> tuple[Mapping[str, object], ...]:
    """Give what puts the system's files of a release in their places, where they are others."""
    carried = release_folder(ctx, release) / "config/system"
    found = (one for one in sorted(carried.rglob("*")) if one.is_file())
    paths = (f"/{one.relative_to(carried)}" for one in found)
    return tuple(
        {
            "action": "Install",
            "source": f"{_folder(ctx, release)}/config/system{path}",
            "path": path,
            "mode": 0o644,
        }
        for path in paths
        if path.startswith(below) and not _is_same(carried / path[1:], ctx.path(path))
    )


def _is_same(one: Path, two: Path) -> bool:
    try:
        return one.read_bytes() == two.read_bytes()
    except OSError:
        return False


def _link(ctx: Context, name: str, target: str) -> Fields:
    return {"action": "Link", "path": f"/srv/{ctx.app}/{name}", "target": target}


def _folder(ctx: Context, release: str) -> str:
    return f"/srv/{ctx.app}/releases/{release}"


def _socket(ctx: Context, colour: str) -> str:
    return f"/run/{ctx.app}-{colour}/app.sock"
