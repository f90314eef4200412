"""The health-check loop: sample the unit and its answers until the judge has made up its mind."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from deployer.agent.context import ActionFailed, Context
from deployer.agent.health.crash_reason import crash_reason, since_started, telling
from deployer.agent.health.health_judge import Patience, Sample, Trouble, Verdict, judge
from deployer.agent.health.own_probes import own_probes
from deployer.agent.health.probe_judge import Expectation, judge_answer
from deployer.agent.health.request import Question, fetch
from deployer.agent.system.cooling import keep_running
from deployer.agent.system.systemd import (
    UnitState,
    folder_of,
    log_of,
    pause,
    processes,
    show,
    unit_name,
)
from deployer.agent.text import fields

_ASK = (("X-Deployer-Probe", "1"),)
_LONGEST_TRY = 5.0
_FIRST_STEP = 0.05
_SETTLE_STEP = 0.25
_SHORT = 15.0
"""Seconds of a settle time in which a release is looked at more often than asked for."""
_OLD = 60.0
_LOG_SEARCHED = 150


@dataclass(frozen=True)
class Check:
    """A CheckHealth action, read."""

    unit: str
    release: str
    folder: str
    probes: tuple[Mapping[str, object], ...]
    interval: float
    patience: Patience


def check_health(ctx: Context, action: Mapping[str, object]) -> bool:
    """Check until healthy for the settle time; raises ActionFailed with the named cause."""
    check = read_check(ctx, action)
    if check.unit:
        keep_running(ctx, check.unit)
    ctx.action(f"check the health of {check.release}")
    since = time.time()
    verdict = _watch(ctx, check)
    if verdict.state == "healthy":
        ctx.note = f"answered by {check.release}"
        return False
    since = ctx.started.get(check.unit, since - _OLD)
    lines = log_of(ctx, check.unit, since, _LOG_SEARCHED) if check.unit else ()
    reason = crash_reason(lines)
    cause = verdict.cause
    if reason and reason not in cause:
        cause = f"{cause}: {reason}"
    raise ActionFailed(cause, verdict.hint, telling(since_started(lines)))


def one_round(ctx: Context, action: Mapping[str, object]) -> Verdict:
    """Look once, changing nothing: `healthy`, or `failed` with the cause."""
    return judge([_Sampler(ctx, read_check(ctx, action)).sample()], Patience(0.0, 0.0))


def read_check(ctx: Context, action: Mapping[str, object]) -> Check:
    """Read a CheckHealth action; a release that says what to ask it is asked that."""
    unit = fields.text(action, "unit")
    folder = fields.text(action, "release_folder")
    return Check(
        unit=unit_name(unit) if unit else "",
        release=fields.text(action, "release"),
        folder=folder,
        probes=own_probes(ctx, folder, fields.objects(action, "probes")),
        interval=max(fields.number(action, "interval", 1.0), _FIRST_STEP),
        patience=Patience(
            fields.number(action, "timeout", 60.0),
            fields.number(action, "settle", 3.0),
            steady=action.get("steady") is not False,
        ),
    )


def _watch(ctx: Context, check: Check) -> Verdict:
    sampler = _Sampler(ctx, check)
    samples: list[Sample] = []
    step = _FIRST_STEP
    while True:
        samples.append(sampler.sample())
        verdict = judge(samples, check.patience)
        if verdict.state != "waiting":
            return verdict
        if samples[-1].trouble is None and check.patience.settle <= _SHORT:
            step = min(_SETTLE_STEP, check.interval)
        pause(ctx, step)
        step = min(step * 2, check.interval)


class _Sampler:
    """Takes samples; remembers when it began and how often the unit had restarted before."""

    def __init__(self, ctx: Context, check: Check) -> None:
        self._ctx = ctx
        self._check = check
        self._began = time.monotonic()
        self._restarts_before = -1

    def sample(self) -> Sample:
        check = self._check
        if not check.unit:
            return Sample(self._age(), trouble=self._probe(frozenset()))
        state = show(self._ctx, check.unit)
        members = processes(state)
        trouble = _wrong_process(check, state, self._ctx) if state.active == "active" else None
        if state.active == "active" and trouble is None:
            trouble = self._probe(members)
        elif state.active != "active":
            trouble = Trouble("unit", f"`{check.unit}` is {state.active}/{state.sub}")
        return Sample(self._age(), state.active, state.sub, self._restarts(state), members, trouble)

    def _age(self) -> float:
        return time.monotonic() - self._began

    def _restarts(self, state: UnitState) -> int:
        if self._restarts_before < 0:
            # A unit that has run well for a while may have been restarted long ago.
            is_old = state.active == "active" and time.monotonic() - state.since > _OLD
            self._restarts_before = state.restarts if is_old else 0
        return max(state.restarts - self._restarts_before, 0)

    def _probe(self, members: frozenset[int]) -> Trouble | None:
        per_try = min(_LONGEST_TRY, max(self._check.patience.timeout, 1.0))
        for probe in self._check.probes:
            question = _question(self._ctx, probe)
            wanted = Expectation(
                path=question.path,
                status=tuple(status for status in _statuses(probe)),
                release=self._check.release,
                direct=bool(question.socket),
                processes=members,
            )
            trouble = judge_answer(fetch(question, per_try), wanted)
            if trouble:
                return trouble
        return None


def _question(ctx: Context, probe: Mapping[str, object]) -> Question:
    socket = fields.text(probe, "socket")
    return Question(
        path=fields.text(probe, "path"),
        host=fields.text(probe, "host"),
        socket=str(ctx.path(socket)) if socket else "",
        front=fields.text(probe, "front"),
        headers=_ASK,
    )


def _statuses(probe: Mapping[str, object]) -> tuple[int, ...]:
    found = probe.get("expect_status", (200,))
    if not isinstance(found, (list, tuple)):
        raise fields.WrongField("expect_status", "a list of numbers")
    return tuple(status for status in found if isinstance(status, int))


def _wrong_process(check: Check, state: UnitState, ctx: Context) -> Trouble | None:
    folder = folder_of(state.main)
    wanted = str(ctx.path(check.folder).resolve()) if check.folder else ""
    if not folder or not wanted or folder == wanted or folder.startswith(wanted + "/"):
        return None
    cause = f"`{check.unit}` runs from `{folder}`, not from `{wanted}`"
    return Trouble("process", cause, "It was not restarted from the new release.")
