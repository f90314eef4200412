"""What a crash left to do, computed from the journal alone: records in, a plan out.

An open run is one that began (or did a step) and has no `end`. Its started steps are undone
backwards; if one of them could be seen by users (PUBLISH, VERIFY), the settle actions follow.
Recovering twice does the second time nothing, because the first one wrote the `end`.

A run whose putting back failed so often that its `end` says `rollback_failed` breaks the app on
this host, until a later run serves a proven release or somebody has it tried once more (`again`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

EXPOSED = ("PUBLISH", "VERIFY")
ATTEMPTS = 3
"""So often a run is put back before a person must look at it."""
PROVING = ("deploy", "rollback", "fallback", "recover")
"""Commands that end only with a release that was seen to serve well."""
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
    revision: str = ""
    failure: str = ""
    """The step that failed by itself, and why; "" if none did."""
    found_bad: bool = False
    """Whether the release failed here or for the controller, and not only its run was cut off."""
    by_person: bool = False
    """Whether somebody asked for it; all else that puts a run back is automatic."""
    began: float = 0.0
    undo: tuple[Started, ...] = ()
    settle: tuple[_Fields, ...] = ()
    attempts: int = 0
    lost: int = 0
    """Lines of this run that are damaged: what they said has to be done is not known."""

    @property
    def is_exposed(self) -> bool:
        """Whether the live app may have been touched."""
        return self.lost > 0 or any(started.is_exposed for started in self.undo)

    @property
    def freezes(self) -> bool:
        """Whether its revision is not to be deployed again just so."""
        bad = self.found_bad and not self.by_person
        return self.command == "deploy" and bool(self.revision) and self.is_exposed and bad

    @property
    def is_hopeless(self) -> bool:
        """Whether it was tried so often that trying again only does harm."""
        return self.attempts >= ATTEMPTS


@dataclass(frozen=True)
class Broken:
    """The run that could not be put back, so that a person must look at this host."""

    run: str
    command: str
    release: str
    cause: str


def plan(records: Sequence[_Fields], *, again: bool = False) -> Plan | None:
    """Give what is to be done for the open run; None if every run has its end.

    With `again` a run counts as open whose putting back was given up.
    """
    given_up = broken(records) if again else None
    run = given_up.run if given_up else _last_run(records)
    mine = sorted(
        (record for record in records if _text(record, "run") == run),
        key=lambda record: _whole(record, "seq"),
    )
    tried = [place for place, record in enumerate(mine) if _is_start(record, "undo")]
    ended = [place for place, record in enumerate(mine) if _text(record, "event") == "end"]
    if not run or (ended and not given_up and (not tried or tried[-1] < ended[-1])):
        return None
    begin = next((record for record in mine if _text(record, "event") == "begin"), {})
    started = [_started(record) for record in mine if _is_start(record, "step")]
    failure = _failure(mine)
    return Plan(
        run=run,
        fence=max(_whole(record, "fence") for record in mine),
        seq=max(_whole(record, "seq") for record in mine),
        command=_text(begin, "command"),
        actor=_text(begin, "actor"),
        release=_release(begin, "id"),
        revision=_release(begin, "revision"),
        failure=failure,
        found_bad=bool(failure) or any(record.get("found_bad") is True for record in mine),
        by_person=any(_text(record, "asked_by") == "person" for record in mine),
        began=_number(begin, "time"),
        undo=tuple(reversed(started)),
        settle=_actions(begin, "settle"),
        attempts=sum(place > max([-1, *ended]) for place in tried),
        lost=_lost(mine),
    )


def broken(records: Sequence[_Fields]) -> Broken | None:
    """Give the run that was given up, if nothing has served well since."""
    begins = {_text(one, "run"): one for one in records if _text(one, "event") == "begin"}
    found: Broken | None = None
    for end in (one for one in records if _text(one, "event") == "end"):
        run, outcome = _text(end, "run"), _text(end, "outcome")
        begin = begins.get(run, {})
        command = _text(begin, "command")
        if outcome == "rollback_failed":
            found = Broken(run, command, _release(begin, "id"), _text(end, "cause"))
        elif found and (run == found.run or (outcome == "committed" and command in PROVING)):
            found = None
    return found


def last_fallback(records: Sequence[_Fields]) -> _Fields | None:
    """Give the begin and end of the run by which the host left a damaged release, if the last did.

    Runs that change nothing of what is live do not count.
    """
    begins = {_text(one, "run"): one for one in records if _text(one, "event") == "begin"}
    for end in reversed(records):
        begin = begins.get(_text(end, "run"), {})
        is_end = _text(end, "event") == "end" and _text(end, "outcome") == "committed"
        if is_end and _text(begin, "command") in PROVING:
            return {**begin, **end} if _text(begin, "command") == "fallback" else None
    return None


def newest_schema(records: Sequence[_Fields]) -> int:
    """Give the newest form that a line of the journal has."""
    return max((_whole(record, "schema") for record in records), default=0)


def _last_run(records: Sequence[_Fields]) -> str:
    """Give the run with the highest fence; of two with the same, the one that wrote later."""
    last, highest = "", -1
    for one in records:
        run, fence = _text(one, "run"), _whole(one, "fence")
        if run and _text(one, "event") in ("begin", "step", "undo") and fence >= highest:
            last, highest = run, fence
    return last


def _lost(mine: Sequence[_Fields]) -> int:
    """Count the numbers that are missing in the lines of a run; a torn tail leaves none."""
    numbers = {_whole(record, "seq") for record in mine} - {0}
    return max(numbers) - len(numbers) if numbers else 0


def _is_start(record: _Fields, event: str) -> bool:
    return _text(record, "event") == event and _text(record, "state") == "start"


def _started(record: _Fields) -> Started:
    return Started(_text(record, "step"), _text(record, "phase"), _actions(record, "undo"))


def _actions(record: _Fields, key: str) -> tuple[_Fields, ...]:
    found = record.get(key)
    return (
        tuple(one for one in found if isinstance(one, Mapping)) if isinstance(found, list) else ()
    )


def _release(begin: _Fields, key: str) -> str:
    release = begin.get("release")
    return _text(release, key) if isinstance(release, Mapping) else ""


def _failure(records: Sequence[_Fields]) -> str:
    failed = (
        one
        for one in records
        if _text(one, "state") == "failed" and "cause" in one and one.get("cancelled") is not True
    )
    return next((f"{_text(one, 'step')} failed: {_text(one, 'cause')}" for one in failed), "")


def _text(record: _Fields, key: str) -> str:
    value = record.get(key)
    return value if isinstance(value, str) else ""


def _whole(record: _Fields, key: str) -> int:
    value = record.get(key)
    return value if isinstance(value, int) else 0


def _number(record: _Fields, key: str) -> float:
    value = record.get(key)
    return float(value) if isinstance(value, (int, float)) else 0.0
