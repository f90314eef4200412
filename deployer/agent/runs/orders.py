"""Carry out the steps of an order: each is written down with its undo before it is begun."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from deployer.agent.context import ActionFailed, Context, Emit, Fields
from deployer.agent.runs import fencing
from deployer.agent.runs.deploy_log import PATH as LOG
from deployer.agent.runs.deploy_log import DeployLog
from deployer.agent.runs.opening import OpenRun
from deployer.agent.runs.performing import is_known, perform
from deployer.agent.system.shutdown import host_stops
from deployer.agent.talk import frames
from deployer.agent.talk.mailbox import Letter
from deployer.agent.text import grammar


@dataclass(frozen=True)
class Step:
    """One step as it came, its blobs in place."""

    name: str
    do: tuple[Fields, ...]
    undo: tuple[Fields, ...]


@dataclass(frozen=True)
class Order:
    """The steps of one phase."""

    phase: str
    steps: tuple[Step, ...]


def read(letter: Letter) -> Order:
    """Check a whole order before anything of it is done; raises ActionFailed."""
    try:
        phase = grammar.phase(letter.message.get("phase"))
        raw = _list(letter.message.get("steps"))
        return Order(phase, tuple(_step(one, letter.blobs) for one in raw))
    except (grammar.WrongWord, frames.WrongFrame) as error:
        raise ActionFailed(f"the order is not understood: {error}", _REPORT) from error


def to_finish(letter: Letter) -> Order | None:
    """Give the order for after its commit that came with a proposal; raises ActionFailed."""
    told = letter.message.get("finish")
    if not isinstance(told, dict):
        return None
    return read(Letter({**told, "phase": "FINISH"}, letter.blobs))


class Orders:
    """Works for one open run; `host_stops` tells whether the host is going down under it."""

    def __init__(
        self,
        opened: OpenRun,
        ctx: Context,
        emit: Emit,
        host_stops: Callable[[], bool] = host_stops,
    ) -> None:
        self._opened = opened
        self._ctx = ctx
        self._emit = emit
        self._host_stops = host_stops
        self._log = DeployLog(ctx.path(LOG))

    def carry_out(self, order: Order) -> dict[str, object]:
        """Do the steps until one fails, and give the answer."""
        started = time.monotonic()
        self._ctx.results = {}
        for step in order.steps:
            try:
                self._do(order.phase, step)
            except ActionFailed as failed:
                return {**failure(failed, step.name), "seconds": _since(started)}
        results = self._ctx.results
        return {"event": "order", "ok": True, "results": results, "seconds": _since(started)}

    def _do(self, phase: str, step: Step) -> None:
        if self._ctx.cancelled.is_set():
            raise ActionFailed("cancelled")
        fencing.check(self._opened)
        started = time.monotonic()
        self._ctx.step = step.name
        self._ctx.note = ""
        self._write(step, phase, "start", undo=list(step.undo))
        self._emit({"event": "step", "step": step.name, "state": "started"})
        try:
            changed = self._perform(step)
        except ActionFailed as failed:
            # The cause only: what a program printed may hold a secret, and this file stays.
            self._write(step, phase, "failed", cause=failed.cause, **self._cut_off())
            self._say(f"{step.name} failed: {failed.cause}")
            raise
        self._write(step, phase, "done", changed=changed)
        seconds = _since(started)
        self._say(f"{step.name} done in {seconds:.1f} s")
        self._emit(
            {
                "event": "step",
                "step": step.name,
                "state": "finished",
                "seconds": seconds,
                "changed": changed,
                "note": self._ctx.note,
            }
        )

    def _cut_off(self) -> dict[str, object]:
        """Say when a step failed because all was told to stop: that is not its release's fault."""
        is_so = self._ctx.cancelled.is_set() or self._host_stops()
        return {"cancelled": True} if is_so else {}

    def _perform(self, step: Step) -> bool:
        changed = False
        for action in step.do:
            if self._ctx.cancelled.is_set():
                raise ActionFailed("cancelled")
            changed = perform(self._ctx, action) or changed
        return changed

    def _write(self, step: Step, phase: str, state: str, **data: object) -> None:
        # Only a start must be on disk before anything goes on: it carries the undo.
        write = self._opened.write if state == "start" else self._opened.note
        try:
            write("step", step=step.name, phase=phase, state=state, **data)
        except OSError as error:
            raise ActionFailed(
                f"the journal could not be written: {error.strerror}",
                "Make room below /var/lib/deployer: `df -h`, `df -i`.",
            ) from error

    def _say(self, text: str) -> None:
        self._log.say(f"{self._opened.app} {self._opened.command}: {text}")


def failure(failed: ActionFailed, step: str = "") -> dict[str, object]:
    """Give the answer for an order that failed."""
    return {
        "event": "order",
        "ok": False,
        "step": step,
        "cause": failed.cause,
        "hint": failed.hint,
        "log": list(failed.log),
    }


def _step(raw: Mapping[str, object], blobs: list[bytes]) -> Step:
    name = str(raw.get("name", ""))
    undo = _list(raw.get("undo", []))
    if any(frames.has_blob(dict(one)) for one in undo):
        raise ActionFailed(f"the undo of `{name}` carries content", _REPORT)
    do = _list(frames.filled(raw.get("do", []), blobs))
    unknown = [str(one.get("action"))[:40] for one in (*do, *undo) if not is_known(one)]
    if unknown:
        raise ActionFailed(
            f"the agent does not know the action `{unknown[0]}`",
            "Run `inv setup` to bring the agent on this host up to date.",
        )
    return Step(name, tuple(do), tuple(undo))


def _list(value: object) -> list[Mapping[str, object]]:
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise grammar.WrongWord("a list of objects is missing")
    return value


def _since(started: float) -> float:
    return round(time.monotonic() - started, 3)


_REPORT = "Controller and agent do not fit together: run `inv setup`."
