"""Whatever stops a host, and whatever its disk then forgets, it comes back to what was committed.

A state machine of deploys that go well, fail, are killed or lose the power at any call, of
rollbacks and prunes, with the agent's own code on a disk of which a power cut takes what was not
flushed. Each case checks what the reference calls the invariants: the live release is whole and
good, the one before exists, no run is open, what was committed stays, nobody holds the lock.
"""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from deployer.agent.runs import lock, standing
from deployer.agent.runs.refusal import Refused
from tests.property.model_disk import Stopped
from tests.property.model_host import ModelHost

SEEDS = st.integers(0, 2**32)
STEPS = st.sampled_from(["pull", "restart", "activate"])


class Stop(NamedTuple):
    """At which call everything stops, whether the power goes too, and the same for recoveries."""

    at: int
    power: bool
    halts: list[int]
    seed: int


STOPS = st.builds(
    Stop,
    st.integers(1, 130),
    st.booleans(),
    st.lists(st.integers(1, 40), max_size=2),
    SEEDS,
)


class Power(RuleBasedStateMachine):
    """One host, whose disk forgets."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="power"))
        self.host = ModelHost(self.folder / "host")
        self.begun: set[str] = set()

    def teardown(self) -> None:
        self.host.disk.close()
        shutil.rmtree(self.folder)

    @rule()
    def deploy(self) -> None:
        before = set(standing.releases(self.host.ctx)) | self.begun
        with self.host.disk.watched():
            self.host.deploy()
        live = standing.live(self.host.ctx)
        assert all(live > one for one in before)
        self.begun.add(live)

    @rule(step=STEPS)
    def failing_deploy(self, step: str) -> None:
        before = self.standing
        with self.host.disk.watched():
            self.host.deploy(fails=step)
        assert self.standing == before

    @rule(stop=STOPS)
    def stopped_deploy(self, stop: Stop) -> None:
        self.stopped(self.host.deploy, stop)

    @precondition(lambda self: self.can_go_back)
    @rule()
    def rollback(self) -> None:
        before = standing.live(self.host.ctx)
        with self.host.disk.watched():
            self.host.rollback()
        assert standing.live(self.host.ctx) != before

    @precondition(lambda self: self.can_go_back)
    @rule(stop=STOPS)
    def stopped_rollback(self, stop: Stop) -> None:
        self.stopped(self.host.rollback, stop)

    @rule(keep=st.integers(0, 3))
    def prune(self, keep: int) -> None:
        could = self.can_go_back
        with self.host.disk.watched():
            self.host.prune(keep)
        assert self.can_go_back == could

    @rule(stop=STOPS)
    def stopped_prune(self, stop: Stop) -> None:
        could = self.can_go_back
        self.stopped(lambda: self.host.prune(1), stop)
        assert self.can_go_back == could

    @rule(seed=SEEDS)
    def power_cut_at_rest(self, seed: int) -> None:
        before = self.standing
        self.host.disk.lose(Random(seed))
        self.come_back([], Random(seed), power=False)
        assert self.standing == before

    @rule()
    def second_deploy_while_one_is_at_work(self) -> None:
        with self.host.disk.watched():
            self.host.begin("deploy")
            first = self.host.open
            with pytest.raises(Refused) as refused:
                self.host.begin("deploy")
            assert refused.value.why == "locked"
            self.host.open = first
            self.host.die()
        self.come_back([], Random(0), power=False)

    @rule(seconds=st.sampled_from([-1e9, -3600.0, 3600.0, 1e9]))
    def the_clock_jumps(self, seconds: float) -> None:
        self.host.disk.skew = seconds

    @invariant()
    def all_is_well(self) -> None:
        self.host.check()
        assert lock.owner(self.host.ctx.state_folder) == {}

    @property
    def standing(self) -> tuple[str, str, tuple[str, ...]]:
        ctx = self.host.ctx
        return standing.live(ctx), standing.live_colour(ctx), self.host.committed

    @property
    def can_go_back(self) -> bool:
        live = standing.live(self.host.ctx)
        return bool(live) and any(standing.whole_good_releases(self.host.ctx, live))

    def stopped(self, work: Callable[[], None], stop: Stop) -> None:
        """Do something that is stopped at a call, come back, and see that it is old or new."""
        live, _, committed = self.standing
        with self.host.disk.watched(stop.at):
            try:
                work()
            except Stopped:
                self.host.die()
        told = self.host.committed
        self.come_back(stop.halts, Random(stop.seed), power=stop.power)
        new_live, _, now = self.standing
        assert now[: len(committed)] == committed
        assert len(now) - len(committed) <= 1
        if now == committed:
            assert new_live == live
        if not stop.power:
            assert now == told, "a kill loses nothing that was written"

    def come_back(self, halts: list[int], random: Random, *, power: bool) -> None:
        """Recover, which is stopped itself a few times; and a last time, to the end and twice."""
        if power:
            self.host.disk.lose(random)
        for halt in halts:
            with self.host.disk.watched(halt):
                try:
                    self.host.recover()
                except Stopped:
                    self.host.die()
            if power:
                self.host.disk.lose(random)
        with self.host.disk.watched():
            assert self.host.recover() == 0
            once = self.host.picture()
            assert self.host.recover() == 0
        assert self.host.picture() == once


TestPower = Power.TestCase
TestPower.settings = settings(max_examples=10, stateful_step_count=10, deadline=None)
