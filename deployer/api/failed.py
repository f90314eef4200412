"""Which hosts did not end well in the last run from this folder: what `--limit @failed` names."""

import json
from collections.abc import Container, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from deployer.api.place import Place
from deployer.core.release import Release
from deployer.core.report import HostReport, Outcome
from deployer.errors import UsageError

FAILED = "@failed"
_FOLDER = ".deployer"
_WELL = {Outcome.COMMITTED, Outcome.UNCHANGED}


@dataclass(frozen=True, slots=True)
class Failed:
    """The hosts that did not end well, and the release that others of them have, if any."""

    hosts: tuple[str, ...]
    release: Release | None = None


def remember(
    place: Place, environment: str, hosts: Iterable[HostReport], release: Release | None = None
) -> None:
    """Write down who failed; a folder that cannot be written is no reason to fail."""
    reports = tuple(hosts)
    names = [one.host for one in reports if one.outcome not in _WELL]
    path = _file(place, environment)
    with suppress(OSError):
        if not names:
            path.unlink(missing_ok=True)
            return
        path.parent.mkdir(exist_ok=True)
        (path.parent / ".gitignore").write_text("*\n")
        has_it = len(names) < len(reports)
        kept = {"number": release.number, "revision": release.revision} if release else {}
        path.write_text(json.dumps({"hosts": names, **(kept if has_it else {})}) + "\n")


def recall(place: Place, environment: str, known: Container[str]) -> Failed:
    """Read who failed, of the hosts that are `known` by now; raises UsageError when nobody did."""
    hint = f"`inv status --env {environment}` shows all; name hosts by `--limit`"
    path = _file(place, environment)
    try:
        found = json.loads(path.read_text())
        names = [str(name) for name in _listed(found["hosts"])]
        has_it = "revision" in found
        release = Release(int(found["number"]), str(found["revision"])) if has_it else None
    except FileNotFoundError:
        raise UsageError(
            f"No host of `{environment}` failed in the last run from this folder.", hint=hint
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"`{path}` cannot be read, so nobody knows who failed.", hint=hint
        ) from error
    hosts = tuple(name for name in names if name in known)
    if not hosts:
        raise UsageError(
            f"Who failed in the last run from this folder ({', '.join(names)}) is not in "
            f"`{environment}` any more.",
            hint=hint,
        )
    return Failed(hosts, release)


def _listed(found: object) -> list[object]:
    if not isinstance(found, list):
        raise TypeError("no list of hosts")
    return found


def _file(place: Place, environment: str) -> Path:
    return place.folder / _FOLDER / f"failed-{environment}.json"
