"""What the journal says became of one run: how it ended, or that it is open, or nothing of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

OPEN = "open"
UNKNOWN = "unknown"
_Fields = Mapping[str, object]


def verdict(records: Sequence[_Fields], run: str) -> dict[str, object]:
    """Give the outcome of a run, why, its release, and what it was told of its fleet.

    `outcome` is committed, rolled_back, aborted, rollback_failed, open (it has no end yet) or
    unknown (the journal never heard of it). The last end counts: a later recovery can mend one.
    """
    mine = [record for record in records if record.get("run") == run]
    begin = _last(mine, "begin")
    end = _last(mine, "end")
    proposed = _last(mine, "await_confirm")
    release = begin.get("release")
    known: _Fields = release if isinstance(release, Mapping) else {}
    return {
        "run": run,
        "outcome": end.get("outcome", OPEN) if mine else UNKNOWN,
        "cause": end.get("cause") or "",
        "command": begin.get("command") or "",
        "release": known.get("id") or "",
        "revision": known.get("revision") or "",
        "previous": begin.get("previous") or "",
        "awaits_confirm": bool(proposed) and not end,
        "fleet": proposed.get("fleet") or [],
        "leader": proposed.get("leader") or "",
    }


def _last(records: Sequence[_Fields], event: str) -> _Fields:
    return next((one for one in reversed(records) if one.get("event") == event), {})
