"""Shares cases out over some hosts that work side by side, and hands out results as they come."""

import traceback
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TypeVar

from deployer.lab.host import LabHost
from deployer.lab.lab import Lab
from tests.faults.case import Case, Result
from tests.faults.controls import Control, Shown, show
from tests.faults.corrupted import Fed, feed
from tests.faults.lane import DISK, Lane
from tests.faults.restores import learn
from tests.faults.survive import survive

TRIES = 3
AT_ONCE = 4
Item = TypeVar("Item")


@dataclass
class Harness:
    """Some hosts with the tiny app, ready for cases; `tell` hears of each result."""

    lab: Lab
    folder: Path
    tell: Callable[[Result], None]
    lanes: list[Lane] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    queue: SimpleQueue[Case] = field(default_factory=SimpleQueue)
    stopped: bool = False

    def prepare(self, count: int) -> None:
        """Boot hosts and deploy to them."""
        hosts = self.lab.up(count, disk=DISK)
        _at_once(lambda host: self.lanes.append(self._learned(host)), hosts)

    def run(self, cases: Iterable[Case]) -> tuple[Result, ...]:
        """Take the hosts through all cases, each on the host that is free first."""
        for case in cases:
            self.queue.put(case)
        before = len(self.results)
        _at_once(self._work, self.lanes)
        return tuple(self.results[before:])

    def corrupt(self, count: int, seed: int) -> tuple[Fed, ...]:
        """Feed so many corrupted backups, shared out over the hosts."""
        each, more = divmod(count, len(self.lanes))
        shares = [(lane, each + (place < more)) for place, lane in enumerate(self.lanes)]
        fed: list[Fed] = []
        _at_once(lambda share: fed.append(feed(*share, seed)), shares)
        return tuple(fed)

    def show(self, controls: Iterable[Control], tell: Callable[[Shown], None]) -> tuple[Shown, ...]:
        """Do the negative controls, each on a host of its own, some at a time."""
        shown: list[Shown] = []

        def one(control: Control) -> None:
            if self.stopped:
                return
            (host,) = self.lab.add(1, prefix="control", disk=DISK)
            lane = self._lane(host)
            try:
                shown.append(show(control, lane))
                tell(shown[-1])
            finally:
                lane.spawner.close()
                self.lab.remove(host)

        _at_once(one, tuple(controls))
        return tuple(shown)

    def close(self) -> None:
        """Type no more commands."""
        for lane in self.lanes:
            lane.spawner.close()

    def _learned(self, host: LabHost) -> Lane:
        lane = self._lane(host)
        learn(lane)
        return lane

    def _lane(self, host: LabHost) -> Lane:
        folder = self.folder / host.name
        folder.mkdir(parents=True)
        lane = Lane(self.lab, host, folder)
        lane.prepare()
        return lane

    def stop(self) -> None:
        """Begin nothing more; safe in a signal handler."""
        self.stopped = True
        with suppress(Empty):
            while True:
                self.queue.get_nowait()

    def _work(self, lane: Lane) -> None:
        while True:
            try:
                case = self.queue.get_nowait()
            except Empty:
                return
            result = self._survived(lane, case)
            self.results.append(result)
            self.tell(result)
            if result.problems and not made_well(lane):
                return  # nobody could trust what this host does next

    def _survived(self, lane: Lane, case: Case) -> Result:
        result = Result(case)
        try:
            survive(lane, case, result)
        except Exception as error:  # noqa: BLE001  a bug in the harness is a case that proves nothing
            lines = traceback.format_exc().splitlines()[-6:]
            result.problems.append(f"harness: {type(error).__name__}: {error}: {' '.join(lines)}")
        return result


def made_well(lane: Lane) -> bool:
    """Bring a host that did not survive back to a healthy app, for the next case."""
    if not lane.host.is_running:
        lane.lab.boot(lane.host)
    lane.leader = lane.host.leader
    lane.disarm()
    lane.disarm_durably()
    return any(lane.start("deploy", "--revision", lane.revise()).wait() == 0 for _ in range(TRIES))


def _at_once(work: Callable[[Item], None], items: Sequence[Item]) -> None:
    with ThreadPoolExecutor(max_workers=max(1, min(AT_ONCE, len(items)))) as pool:
        list(pool.map(work, items))
