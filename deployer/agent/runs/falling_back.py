"""A live release that is damaged is left for the newest good one that is whole, by the host itself.

It is a run of its own, journalled and idempotent. It has no undo: what it leaves is damaged. If it
breaks off, the next check begins again. The link `run/live` is changed last, so that until all
else is done the check finds the damaged release live and goes on.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Sequence

from deployer.agent.context import ActionFailed, Context, Emit, Fields
from deployer.agent.runs import counters, fallback_steps, standing
from deployer.agent.runs.deploy_log import PATH as LOG
from deployer.agent.runs.deploy_log import DeployLog
from deployer.agent.runs.journal import Journal, Record, Writer
from deployer.agent.runs.performing import perform
from deployer.agent.runs.recovery import ATTEMPTS
from deployer.agent.runs.unwinding import ROLLBACK_FAILED, Unwound
from deployer.agent.talk.hello import boot_id

COMMAND = "fallback"
_ACTOR = "the host itself"
_COMMITTED = "committed"
_NONE = "no good release is whole and starts, so it was left in its place"


def check_live(
    ctx: Context, journal: Journal, records: Sequence[Record], emit: Emit
) -> Unwound | None:
    """Look at the live release and leave it if it is damaged; None if there is nothing to do."""
    release = standing.live(ctx)
    damage = standing.damage(ctx, release) if release else ""
    if not damage or _was_given_up(records, release):
        return None
    return FallBack(ctx, journal, (release, damage), emit).carry_out()


def _was_given_up(records: Sequence[Record], release: str) -> bool:
    """Tell whether it was tried in vain so often since the host was started."""
    boot = boot_id()
    tried = {
        str(record.get("run"))
        for record in records
        if record.get("command") == COMMAND
        and record.get("previous") == release
        and record.get("boot_id") == boot
    }
    return len(tried) >= ATTEMPTS


class FallBack:
    """One attempt; `damaged` is the live release and what is wrong with it."""

    def __init__(
        self, ctx: Context, journal: Journal, damaged: tuple[str, str], emit: Emit
    ) -> None:
        run = f"{time.strftime('%Y%m%d-%H%M%S')}-boot-{os.urandom(2).hex()}"
        self._ctx = Context(ctx.app, run, root=ctx.root, emit=emit)
        self._journal = journal
        self._damaged, self._damage = damaged
        self._log = DeployLog(self._ctx.path(LOG))
        self._began = time.time()
        self._failures: list[str] = []
        fence = counters.number(ctx.state_folder, counters.FENCE) + 1
        with contextlib.suppress(OSError):  # a full or broken disk must not stop the way back
            counters.raise_to(ctx.state_folder, counters.FENCE, fence)
        self._writer = Writer(run, fence)

    def carry_out(self) -> Unwound:
        """Try the good releases, the newest first; with none, keep what is there running."""
        cause = f"`{self._damaged}` is damaged: {self._damage}"
        self._say(cause)
        self._write("begin", command=COMMAND, actor=_ACTOR, previous=self._damaged, settle=[])
        served = standing.live_colour(self._ctx)
        for release in standing.whole_good_releases(self._ctx, self._damaged):
            if self._goes_to(release):
                return self._end(Unwound(_COMMITTED, cause), release)
        if served:
            unit = fallback_steps.unit(self._ctx, served)
            self._does("keep", [{"action": "StartUnit", "unit": unit}])
        return self._end(Unwound(ROLLBACK_FAILED, "; ".join((cause, _NONE, *self._failures))))

    def _goes_to(self, release: str) -> bool:
        ctx, colour = self._ctx, self._colour(release)
        if not self._does(f"start {release}", fallback_steps.starting(ctx, release, colour)):
            self._does(f"stop {release}", [fallback_steps.stopping(ctx, colour)])
            return False
        if not self._does("switch", fallback_steps.switching(ctx, colour)):
            return False
        # What fails here is worth a line in the journal, not the release.
        self._does("site", fallback_steps.sites(ctx, release))
        self._does("processes", fallback_steps.processes(ctx, release))
        self._does("mark", fallback_steps.marking(self._damaged, self._damage))
        if not self._does("live", fallback_steps.calling_live(ctx, release)):
            return False
        self._does("stop", [fallback_steps.stopping(ctx, standing.other(colour))])
        return True

    def _does(self, step: str, actions: Sequence[Fields]) -> bool:
        self._ctx.step = step
        self._write("step", step=step, phase="FINISH", state="start", undo=[])
        for action in actions:
            try:
                perform(self._ctx, action)
            except ActionFailed as failed:
                self._failures.append(f"{step}: {failed.cause}")
                self._write("step", step=step, phase="FINISH", state="failed", cause=failed.cause)
                self._say(f"{step} failed: {failed.cause}")
                return False
        self._write("step", step=step, phase="FINISH", state="done")
        return True

    def _end(self, ended: Unwound, release: str = "") -> Unwound:
        self._write("end", outcome=ended.outcome, cause=ended.cause, release=release)
        shutil.rmtree(self._ctx.saved_folder, ignore_errors=True)
        what = " ".join(filter(None, (COMMAND, release)))
        took = max(0.0, time.time() - self._began)
        self._log.ended(self._ctx.app, what, ended.outcome, _ACTOR, took)
        self._ctx.action(f"{what} {ended.outcome}: {ended.cause}")
        return ended

    def _colour(self, release: str) -> str:
        """Give the colour to start it on: where it is already, else where the damaged is not."""
        there = standing.colour_of(self._ctx, release)
        damaged = standing.colour_of(self._ctx, self._damaged) or standing.live_colour(self._ctx)
        return there or standing.other(damaged)

    def _say(self, text: str) -> None:
        self._log.say(f"{self._ctx.app}: {text}")
        self._ctx.action(text)

    def _write(self, event: str, **data: object) -> None:
        with contextlib.suppress(OSError):
            self._journal.write(self._writer, event, **data)
