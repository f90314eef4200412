"""Where the units of an app's processes and timers are on the host, and which there are."""

from __future__ import annotations

import re
from pathlib import Path

from deployer.agent.context import Context
from deployer.agent.runs.release_record import release_folder
from deployer.agent.runs.standing import linked
from deployer.agent.system.systemd import systemctl

LINK = "run/processes"
_SYSTEM = "/etc/systemd/system"
_NAME = r"[a-z][a-z0-9-]*"
_STOP = re.compile(r"^TimeoutStopSec=([0-9]{1,5})$", re.MULTILINE)
_USUAL_STOP = 90.0  # systemd's own DefaultTimeoutStopSec=


def release_that_runs(ctx: Context) -> str:
    """Give the release whose processes are to run; "" for none."""
    return linked(ctx, LINK)


def is_unit(ctx: Context, name: str) -> bool:
    """Tell whether a name is that of a copy of a process, of a timer or of a timer's service."""
    return re.fullmatch(_pattern(ctx, r"(?:@[0-9]+)?\.service|\.timer"), name) is not None


def enabled(ctx: Context) -> tuple[str, ...]:
    """Name what is started at boot: that is what is to run."""
    links = ctx.path(_SYSTEM).glob(f"*.wants/{ctx.app}.*")
    return tuple(sorted({link.name for link in links if is_unit(ctx, link.name)}, key=_order))


def loaded(ctx: Context) -> tuple[str, ...]:
    """Name the units that systemd knows at the moment, also those whose files are gone."""
    words = ("list-units", "--all", "--plain", "--no-legend", "--full", "--", f"{ctx.app}.*")
    listed = systemctl(ctx, *words).stdout.decode("utf-8", "replace").splitlines()
    names = (line.split()[0] for line in listed if line.split())
    return tuple(sorted((name for name in names if is_unit(ctx, name)), key=_order))


def files(ctx: Context) -> tuple[str, ...]:
    """Name the files of units that are in systemd's folder."""
    pattern = _pattern(ctx, r"@?\.service|\.timer")
    found = (one.name for one in ctx.path(_SYSTEM).glob(f"{ctx.app}.*"))
    return tuple(sorted(name for name in found if re.fullmatch(pattern, name)))


def files_of(unit: str) -> tuple[str, ...]:
    """Name the files that make a unit: of a timer also that of the service which it starts."""
    file = re.sub(r"@[0-9]+\.", "@.", unit)
    return (service_of(unit), file) if unit.endswith(".timer") else (file,)


def service_of(timer: str) -> str:
    """Name the service that a timer starts."""
    return f"{timer.removesuffix('.timer')}.service"


def live_file(name: str) -> str:
    """Give the place of a unit's file."""
    return f"{_SYSTEM}/{name}"


def carried_file(ctx: Context, release: str, name: str) -> str:
    """Give the place of a unit's file in a release."""
    return f"/srv/{ctx.app}/releases/{release}/config/processes/{name}"


def recorded(ctx: Context, release: str) -> tuple[str, ...]:
    """Name the units that a release brings with it to this host."""
    try:
        lines = (release_folder(ctx, release) / "config/processes/units").read_text().split()
    except OSError:
        return ()
    return tuple(line for line in lines if is_unit(ctx, line))


def longest_stop(ctx: Context, units: tuple[str, ...]) -> float:
    """Give how long the slowest of these units may take to stop, in seconds."""
    found = [_USUAL_STOP]
    for unit in units:
        written = _STOP.search(_text(ctx.path(live_file(re.sub(r"@[0-9]+\.", "@.", unit)))))
        found.append(float(written[1]) if written else 0.0)
    return max(found)


def release_of(process: int) -> str:
    """Give the release that a process was started from; "" if it cannot be told."""
    try:
        said = Path(f"/proc/{process}/environ").read_bytes().split(b"\0")
    except OSError:
        return ""
    found = (one for one in said if one.startswith(b"RELEASE_ID="))
    return next(found, b"=").split(b"=", 1)[1].decode("utf-8", "replace")


def _pattern(ctx: Context, end: str) -> str:
    return rf"{re.escape(ctx.app)}\.{_NAME}(?:{end})"


def _order(unit: str) -> tuple[str, int]:
    name, _, number = unit.rpartition(".")[0].partition("@")
    return (name, int(number) if number.isdigit() else 0)


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
