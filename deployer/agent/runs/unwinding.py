"""Put an open run back: undo its steps backwards, then settle the live release forwards."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from deployer.agent.context import ActionFailed, Context, Emit, Fields
from deployer.agent.disk.ballast import Ballast
from deployer.agent.runs.deploy_log import PATH as LOG
from deployer.agent.runs.deploy_log import DeployLog
from deployer.agent.runs.freezes import freeze
from deployer.agent.runs.journal import Journal, Writer
from deployer.agent.runs.performing import is_full, perform
from deployer.agent.runs.readying import make_ready
from deployer.agent.runs.recovery import ATTEMPTS, Plan

PAUSE = 2.0
"""Seconds between two attempts at putting a run back."""
ABORTED = "aborted"
ROLLED_BACK = "rolled_back"
ROLLBACK_FAILED = "rollback_failed"


@dataclass(frozen=True)
class Unwound:
    """How putting back ended; `cause` tells what went wrong in it, "" if nothing."""

    outcome: str
    cause: str = ""
    log: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the host is as it was before the run."""
        return self.outcome != ROLLBACK_FAILED

    @property
    def event(self) -> dict[str, object]:
        """The same as the answer to whoever asked."""
        told = {"outcome": self.outcome, "cause": self.cause, "log": list(self.log)}
        return {"event": "undone", **told}


class Unwinding:
    """One attempt at putting one run back; goes on after errors, and never raises one."""

    def __init__(self, root: Path, app: str, plan: Plan, journal: Journal, emit: Emit) -> None:
        self._ctx = Context(app, plan.run, plan.release, root, emit)
        self._plan = plan
        self._journal = journal
        self._writer = Writer(plan.run, plan.fence, plan.seq)
        self._log: list[str] = []
        self._deploy_log = DeployLog(self._ctx.path(LOG))
        self._ballast = Ballast.of(self._ctx)

    def persist(self, reason: str, pause: float, leaves: Callable[[], bool]) -> Unwound:
        """Attempt it until it is done, or in vain; who `leaves` leaves the rest to a recovery."""
        ended = self.attempt(reason, last=False)
        for _ in range(ATTEMPTS - 1):
            if ended.ok or leaves():
                return ended
            Event().wait(pause)
            ended = self.attempt(reason, last=False)
        if not ended.ok and not leaves():
            self.close(ended, reason)
        return ended

    def attempt(self, reason: str, *, last: bool) -> Unwound:
        """Do it; a failed attempt closes the run only if it is the `last`."""
        self._log = []
        self._ballast.relieve()
        # On disk before anything is done, so that an attempt that dies counts too.
        self._write("undo", state="start", reason=reason, **self._whose_fault())
        self._deploy_log.say(f"{self._ctx.app}: putting {self._plan.run} back: {reason}")
        make_ready(self._ctx, self._plan)
        harmless, grave = self._undo()
        if self._plan.is_exposed:
            grave += self._perform_all("settle", self._plan.settle)
        ended = self._judged(harmless, grave)
        if ended.ok or last:
            self.close(ended, reason)
        return ended

    def close(self, ended: Unwound, reason: str) -> None:
        """Write down that the run has its end."""
        if self._plan.freezes:
            self._freeze(reason)
        self._write("end", outcome=ended.outcome, cause=ended.cause or reason, reason=reason)
        if ended.ok:
            shutil.rmtree(self._ctx.saved_folder, ignore_errors=True)
            self._ballast.hold()
        plan = self._plan
        what = " ".join(filter(None, (plan.command or "run", plan.release)))
        took = max(0.0, time.time() - plan.began) if plan.began else 0.0
        self._deploy_log.ended(self._ctx.app, what, ended.outcome, plan.actor, took)

    def _whose_fault(self) -> dict[str, object]:
        """Give what a recovery after us needs to know: it decides about the freeze."""
        person: dict[str, object] = {"asked_by": "person"} if self._plan.by_person else {}
        return {**person, "found_bad": True} if self._plan.found_bad else person

    def _freeze(self, reason: str) -> None:
        plan, folder = self._plan, self._ctx.state_folder
        cause = plan.failure or reason
        with contextlib.suppress(OSError):  # as for the journal: the way back goes on
            freeze(folder, plan.revision, release=plan.release, run=plan.run, cause=cause)

    def _undo(self) -> tuple[list[str], list[str]]:
        harmless: list[str] = []
        lost = self._plan.lost
        grave = [f"{lost} lines of the journal are damaged"] if lost else []
        for started in self._plan.undo:
            errors = self._perform_all(started.step, started.undo)
            (grave if started.is_exposed else harmless).extend(errors)
            self._write("undo", state="failed" if errors else "done", step=started.step)
        return harmless, grave

    def _perform_all(self, step: str, actions: Sequence[Fields]) -> list[str]:
        errors: list[str] = []
        self._ctx.step = step
        for action in actions:
            try:
                self._perform(action)
            except ActionFailed as failed:
                errors.append(f"{step}: {failed.cause}")
                self._log += [f"{step}: {failed.cause}", *failed.log]
        return errors

    def _perform(self, action: Fields) -> None:
        try:
            perform(self._ctx, action)
        except ActionFailed as failed:
            if not is_full(failed) or not self._ballast.give_up():
                raise
            perform(self._ctx, action)

    def _judged(self, harmless: list[str], grave: list[str]) -> Unwound:
        outcome = ROLLED_BACK if self._plan.is_exposed else ABORTED
        if grave:
            outcome = ROLLBACK_FAILED
        return Unwound(outcome, "; ".join([*grave, *harmless]), tuple(self._log))

    def _write(self, event: str, **data: object) -> None:
        # A full or broken disk must not stop the way back; without its `end` the run stays
        # open, and the next recovery does it again.
        with contextlib.suppress(OSError):
            self._journal.write(self._writer, event, **data)
