# mypy: ignore-errors
# ruff: noqa: PLC0415, TID251
# It patches private parts of the agent from within, and waits in real time.
"""Disturbs the agent at a named point. Only test builds of the agent have this module.

What to do is in `/run/deployer-faults/plan.json`, or, for what must survive a reboot, in
`/etc/deployer-faults.json`: `{"shots": [{"point": "mid:pull", "do": "kill"}, ...]}`. The shots
are fired one after the other; each is fired once.
"""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

FOLDER = Path("/run/deployer-faults")
DURABLE = Path("/etc/deployer-faults.json")
PAUSE = 0.01
LONGEST = 300.0


def install() -> None:
    """Put the points in, if there is a plan."""
    plan = _read_plan()
    if not plan:
        return
    from deployer.agent import fault_removals

    command = sys.argv[1] if len(sys.argv) > 1 else ""
    fault_removals.remove(plan.get("removed", []), command)
    if command == "serve":
        fault_removals.limit(plan)
    if command in ("serve", "work", "recover"):
        Points(plan).install()


def _read_plan() -> dict:
    for path in (FOLDER / "plan.json", DURABLE):
        try:
            return json.loads(path.read_bytes())
        except FileNotFoundError:
            continue
    return {}


class Points:
    """The shots of one plan."""

    def __init__(self, plan: dict) -> None:
        self.shots = plan.get("shots", [])
        self.counts = plan.get("counts", {})
        self.records = bool(plan.get("record"))
        self.skew = 0.0
        self.span = ""
        self.events = self.renames = 0
        self.ctx = None
        self.busy = False
        self.main = threading.get_ident()

    def install(self) -> None:
        """Wrap the few functions through which everything goes."""
        from deployer.agent.runs import holds, journal, orders, recovering, unwinding, worker

        self._wrap_step(orders.Orders)
        self._wrap_undo(unwinding.Unwinding)
        self._wrap_journal(journal.Journal)
        self._wrap_call(worker.Worker, "_proposed", "propose")
        self._wrap_call(worker.Worker, "_confirmed", "confirm")
        self._wrap_call(worker.Worker, "_committed", "commit")
        self._wrap_call(recovering, "recover_locked", "recover")
        for name in ("hold", "unhold"):
            self._wrap_call(holds, name, name)
        for name in ("write_atomic", "unlink_durable"):
            self._wrap_span(holds, name, name)
        sys.addaudithook(self._audit)

    def point(self, name: str) -> None:
        """Come by a point: fire if the next shot is meant for it."""
        shot = self._next(name)
        if shot is None or self.busy:
            return
        self.busy = True
        try:
            self._fire(shot)
        finally:
            self.busy = False

    def _next(self, name: str) -> dict | None:
        number = len(list(FOLDER.glob("fired-*"))) if self.shots else 0
        if number >= len(self.shots) or self.shots[number]["point"] != name:
            return None
        FOLDER.mkdir(exist_ok=True)
        (FOLDER / f"fired-{number}").write_text(f"{name} {time.time()}")
        return self.shots[number]

    def _fire(self, shot: dict) -> None:
        acts = {
            "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
            "term": lambda: os.kill(os.getpid(), signal.SIGTERM),
            "kill-all": _kill_unit,
            "wait": _wait_for_go,
            "hang": lambda: _wait(lambda: False),
            "program": lambda: self.ctx.execute(["sleep", str(LONGEST)], timeout=LONGEST),
            "eat": _eat,
            "clock": lambda: _turn_clock(float(shot["by"])),
        }
        acts[shot["do"]]()

    def _wrap_step(self, orders: type) -> None:
        do = orders._do

        def wrapped(this, phase, step):
            self.ctx = this._ctx
            self.point(f"before:{step.name}")
            with Span(self, step.name):
                do(this, phase, step)
            self.point(f"after:{step.name}")

        orders._do = wrapped

    def _wrap_undo(self, unwinding: type) -> None:
        perform_all = unwinding._perform_all

        def wrapped(this, step, actions):
            self.ctx = this._ctx
            self.point(f"before:undo:{step}")
            with Span(self, f"undo:{step}"):
                done = perform_all(this, step, actions)
            self.point(f"after:undo:{step}")
            return done

        unwinding._perform_all = wrapped

    def _wrap_journal(self, journal: type) -> None:
        note, write, put = journal.note, journal.write, journal._put
        current = [""]

        def named(event, data):
            words = (event, data.get("state") or data.get("outcome"), data.get("step"))
            return ":".join(str(word) for word in words if word)

        def noted(this, by, event, **data):
            current[0] = named(event, data)
            self.point(f"before:journal:{current[0]}")
            record = note(this, by, event, **data)
            self.point(f"after:journal:{named(event, data)}")
            return record

        def written(this, by, event, **data):
            record = write(this, by, event, **data)
            self.point(f"synced:journal:{named(event, data)}")
            return record

        def torn(this, line):
            if self._is_next(f"torn:journal:{current[0]}"):
                os.write(this._descriptor, line[: len(line) // 2])
                self.point(f"torn:journal:{current[0]}")
            put(this, line)

        journal.note, journal.write, journal._put = noted, written, torn

    def _is_next(self, name: str) -> bool:
        number = len(list(FOLDER.glob("fired-*"))) if self.shots else 0
        return number < len(self.shots) and self.shots[number]["point"] == name

    def _wrap_call(self, owner: object, name: str, as_name: str) -> None:
        call = getattr(owner, name)

        def wrapped(*args, **named):
            self.point(f"before:{as_name}")
            done = call(*args, **named)
            self.point(f"after:{as_name}")
            return done

        setattr(owner, name, wrapped)

    def _wrap_span(self, owner: object, name: str, as_name: str) -> None:
        call = getattr(owner, name)

        def wrapped(*args, **named):
            with Span(self, as_name):
                return call(*args, **named)

        setattr(owner, name, wrapped)

    def _audit(self, event: str, _arguments: tuple) -> None:
        """Count what Python tells of: files opened, renamed, removed, programs started."""
        if not self.span or self.busy or threading.get_ident() != self.main:
            return
        if event not in EVENTS:
            return
        self.events += 1
        if event == "os.rename":
            self.renames += 1
            self.point(f"rename:{self.span}:{self.renames}")
        wanted = self.counts.get(self.span, 0)
        for shot in self.shots:
            at = max(1, math.ceil(wanted * float(shot.get("at", 0.5))))
            if shot["point"] == f"mid:{self.span}" and self.events == at:
                self.point(f"mid:{self.span}")


EVENTS = {
    *("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink"),
    *("os.chmod", "os.chown", "subprocess.Popen", "os.posix_spawn", "shutil.rmtree", "os.scandir"),
}


class Span:
    """What happens between the beginning and the end of a step."""

    def __init__(self, points: Points, name: str) -> None:
        self.points = points
        self.name = name

    def __enter__(self) -> None:
        self.points.span, self.points.events, self.points.renames = self.name, 0, 0

    def __exit__(self, *problem: object) -> None:
        self.points.span = ""
        if problem[0] is None:
            self.points.point(f"mid:{self.name}")  # it had fewer events than last time
        if self.points.records:
            FOLDER.mkdir(exist_ok=True)
            with (FOLDER / "counts").open("a") as file:
                file.write(json.dumps([self.name, self.points.events]) + "\n")


def _kill_unit() -> None:
    unit = Path("/proc/self/cgroup").read_text().rpartition("/")[2].strip()
    words = ["systemctl", "kill", "--signal=KILL", "--kill-who=all", unit]
    subprocess.run(words, check=False)
    _wait(lambda: False)


def _wait_for_go() -> None:
    new = FOLDER / "reached.new"
    new.write_text(str(os.getpid()))
    new.rename(FOLDER / "reached")
    _wait((FOLDER / "go").exists)


def _eat() -> None:
    _wait_for_go()
    bytearray(os.urandom(1 << 20) * 256)


def _turn_clock(by: float) -> None:
    true_time = time.time
    time.time = lambda: true_time() + by


def _wait(is_so) -> None:
    ends = time.monotonic() + LONGEST
    while not is_so() and time.monotonic() < ends:
        time.sleep(PAUSE)
