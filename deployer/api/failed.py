"""Which hosts did not end well in the last run from this folder: what `--limit @failed` names."""

import json
from collections.abc import Iterable
from contextlib import suppress

from deployer.api.place import Place
from deployer.core.report import HostReport, Outcome
from deployer.errors import UsageError

FAILED = "@failed"
_FOLDER = ".deployer"
_WELL = {Outcome.COMMITTED, Outcome.UNCHANGED}


def remember(place: Place, environment: str, hosts: Iterable[HostReport]) -> None:
    """Write down who failed; a folder that cannot be written is no reason to fail."""
    names = [one.host for one in hosts if one.outcome not in _WELL]
    path = place.folder / _FOLDER / f"failed-{environment}.json"
    with suppress(OSError):
        if not names:
            path.unlink(missing_ok=True)
            return
        path.parent.mkdir(exist_ok=True)
        (path.parent / ".gitignore").write_text("*\n")
        path.write_text(json.dumps(names) + "\n")


def limit_of(place: Place, environment: str, limit: str) -> str:
    """Give the value of `--limit` with `@failed` replaced by names; raises UsageError."""
    if limit != FAILED:
        return limit
    path = place.folder / _FOLDER / f"failed-{environment}.json"
    try:
        names = json.loads(path.read_text())
    except (OSError, ValueError):
        names = None
    if not isinstance(names, list) or not names:
        raise UsageError(
            f"No host of `{environment}` failed in the last run from this folder.",
            hint=f"`inv status --env {environment}` shows all; name hosts by `--limit`",
        )
    return ",".join(map(str, names))
