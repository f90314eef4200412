"""Which releases, environments and backups may go: values in, names out.

Rules of DESIGN.md section 6: keep the newest N good releases, the live one, the one before it,
all that a process or a link uses, and the newest failed one for inspection. Backups go when they
are old and enough newer verified ones stay, but never the only one of a release that stays.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

GOOD = ("good", "live")
_UNFINISHED = ("building", "staged")
DAY = 86400.0


@dataclass(frozen=True)
class Found:
    """A release on the host; ids sort by age. `parts` are the venv and wheelhouse it uses.

    `age` is how many seconds ago something in its folder was made or taken away.
    """

    id: str
    state: str
    parts: frozenset[str] = frozenset()
    age: float = DAY


@dataclass(frozen=True)
class Stored:
    """A backup on the host; `created` in seconds since 1970, `release` may be empty.

    `verified` is false for one that lacks a part; `has_database` tells of a dump in it.
    """

    name: str
    created: float
    verified: bool
    release: str = ""
    has_database: bool = False


def releases_to_keep(
    found: Iterable[Found], in_use: AbstractSet[str], keep: int, live: str = ""
) -> tuple[Found, ...]:
    """Give the releases that stay, the newest first; `in_use` are live, linked or running.

    The newest good one besides the live one is where a rollback goes, so it stays in any case, and
    so does what is newer than the live one, unfinished and younger than a day: somebody builds it.
    """
    newest_first = sorted(found, key=lambda release: release.id, reverse=True)
    good = [release.id for release in newest_first if release.state in GOOD]
    stay = {*in_use, *good[: max(keep, 1)]}
    stay.update([release for release in good if release != live][:1])
    broken = [
        release.id
        for release in newest_first
        if release.state not in GOOD and release.id not in in_use
    ]
    stay.update(broken[:1])
    stay.update(
        release.id
        for release in newest_first
        if release.state in _UNFINISHED and release.id > live and release.age < DAY
    )
    return tuple(release for release in newest_first if release.id in stay)


def parts_to_keep(kept: Iterable[Found]) -> frozenset[str]:
    """Give the environments and wheelhouses that a release that stays refers to."""
    return frozenset(part for release in kept for part in release.parts)


@dataclass(frozen=True)
class BackupRule:
    """How many days backups stay, and how many verified ones stay whatever their age.

    As many that have a database stay as well: with `backup: before-migrate` most have none.
    """

    days: float
    at_least: int


def backups_to_remove(
    stored: Iterable[Stored], kept_releases: AbstractSet[str], rule: BackupRule, now: float
) -> tuple[str, ...]:
    """Give the names of the backups that may go, the oldest first."""
    newest_first = sorted(stored, key=lambda backup: (backup.created, backup.name), reverse=True)
    verified = [backup for backup in newest_first if backup.verified]
    dumps = [backup for backup in verified if backup.has_database]
    least = max(rule.at_least, 1)
    stay = {backup.name for backup in (*verified[:least], *dumps[:least])}
    covered: set[str] = set()
    for backup in newest_first:
        if now - backup.created <= rule.days * DAY:
            stay.add(backup.name)
        if backup.verified and backup.release in kept_releases - covered:
            covered.add(backup.release)
            stay.add(backup.name)
    return tuple(backup.name for backup in reversed(newest_first) if backup.name not in stay)
