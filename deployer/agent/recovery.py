"""What a crash left to do, computed from the journal alone: records in, a plan out.

An open run is one that began (or did a step) and has no `end`. Its started steps are undone
backwards; if one of them could be seen by users (PUBLISH, VERIFY), the settle actions follow.
Recovering twice does the second time nothing, because the first one wrote the `end`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

EXPOSED = ("PUBLISH", "VERIFY")
ATTEMPTS = 3
"""So often a run is put back before a person must look at it."""
_Fields = Mapping[str, object]


@dataclass(frozen=True)
class Started:
    """A step that was begun, with its undo as it was written down before."""

    step: str
    phase: str
    undo: tuple[_Fields, ...] = ()

    @property
    def is_exposed(self) -> bool:
        """Whether users of the app may have noticed it."""
        return self.phase in EXPOSED


@dataclass(frozen=True)
class Plan:
    """How to put an open run back; `undo` is in the order in which to do it."""

    run: str
    fence: int = 0
    seq: int = 0
    command: str = ""
    actor: str = ""
    release: str = ""
    began: float = 0.0
    undo: tuple[Started, ...] = ()
    settle: tuple[_Fields, ...] = ()
    attempts: int = 0

    @property
    def is_exposed(self) -> bool:
        """Whether the live app may have been touched."""
        return any(started.is_exposed for started in self.undo)

    @property
    def is_hopeless(self) -> bool:
        """Whether it was tried so often that trying again only does harm."""
        return self.attempts >= ATTEMPTS


def plan(records: Sequence[_Fields]) -> Plan | None:
    """Give what is to be done for the open run; None if every run has its end."""
    run = _last_run(records)
    mine = [record for record in records if _text(record, "run") == run]
    if not run or any(_text(record, "event") == "end" for record in mine):
        return None
    begin = next((record for record in mine if _text(record, "event") == "begin"), {})
    started = [_started(record) for record in mine if _is_start(record, "step")]
    return Plan(
        run=run,
        fence=max(_whole(record, "fence") for record in mine),
        seq=max(_whole(record, "seq") for record in mine),
        command=_text(begin, "command"),
        actor=_text(begin, "actor"),
        release=_release(begin),
        began=_number(begin, "time"),
        undo=tuple(reversed(started)),
        settle=_actions(begin, "settle"),
        attempts=sum(_is_start(record, "undo") for record in mine),
    )


def _last_run(records: Sequence[_Fields]) -> str:
    own = (_text(one, "run") for one in records if _text(one, "event") in ("begin", "step", "undo"))
    last = ""
    for run in own:
        last = run or last
    return last


def _is_start(record: _Fields, event: str) -> bool:
    return _text(record, "event") == event and _text(record, "state") == "start"


def _started(record: _Fields) -> Started:
    return Started(_text(record, "step"), _text(record, "phase"), _actions(record, "undo"))


def _actions(record: _Fields, key: str) -> tuple[_Fields, ...]:
    found = record.get(key)
    return (
        tuple(one for one in found if isinstance(one, Mapping)) if isinstance(found, list) else ()
    )


def _release(begin: _Fields) -> str:
    release = begin.get("release")
    return _text(release, "id") if isinstance(release, Mapping) else ""


def _text(record: _Fields, key: str) -> str:
    value = record.get(key)
    return value if isinstance(value, str) else ""


def _whole(record: _Fields, key: str) -> int:
    value = record.get(key)
    return value if isinstance(value, int) else 0


def _number(record: _Fields, key: str) -> float:
    value = record.get(key)
    return float(value) if isinstance(value, (int, float)) else 0.0
