"""Any series of deploys, failures, lost links, killed controllers and rollbacks ends well.

Hosts serve proven releases, and a fleet that differs is named, refused and made whole again.
"""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from deployer.core.release import Layout
from deployer.recipes.deploy import deploy
from tests.flow.fake_host import Link, Trouble
from tests.flow.stage import KILLED, stage

LAYOUT = Layout("shop")
STEPS = st.sampled_from(["", "", *(step.name for step in deploy())])
MESSAGES = st.sampled_from(
    (
        *("begin", "order BUILD", "order PUBLISH", "order VERIFY", "undo"),
        *("propose", "confirm", "order FINISH"),
    )
)
LINKS = st.none() | st.tuples(MESSAGES, st.sampled_from(Link))
HOSTS = st.integers(0, 1)
WORDS = st.none() | st.integers(0, 110)
"""How many words the controller has left to live."""


class Series(RuleBasedStateMachine):
    """Two hosts, one after the other, and whatever may come."""

    def __init__(self) -> None:
        super().__init__()
        self.made = stage(2, batches=(1,))
        self.revision = 0

    @rule(step=STEPS, link=LINKS, where=HOSTS, words=WORDS, undo=st.booleans())
    def deploy(
        self,
        step: str,
        link: tuple[str, Link] | None,
        where: int,
        words: int | None,
        undo: bool,  # noqa: FBT001  Hypothesis names its arguments
    ) -> None:
        self.revision += 1
        self.made.hosts[where].trouble = Trouble(fails=step, link=link)
        self.made.words = words
        code = self.made.deploy(f"{self.revision:07x}{'0' * 33}")
        assert code != 0 or not self.differs
        self.calm()
        self.make_whole(undo=undo)

    @rule(step=STEPS, link=LINKS, where=HOSTS, words=WORDS)
    def rollback(
        self, step: str, link: tuple[str, Link] | None, where: int, words: int | None
    ) -> None:
        self.made.words = words
        self.made.hosts[where].trouble = Trouble(fails=step, link=link)
        before = [host.serving for host in self.made.hosts]
        code = self.made.rollback()
        after = [host.serving for host in self.made.hosts]
        assert code != 0 or all(old != new for old, new in zip(before, after, strict=True))
        assert code in {0, 7, 8, KILLED} or after == before
        self.calm()
        self.make_whole(undo=False)

    @rule()
    def time_passes(self) -> None:
        for host in self.made.hosts:
            for unit in host.cooling:
                del host.running[unit]
            host.cooling.clear()

    @property
    def differs(self) -> bool:
        return len({host.serving for host in self.made.hosts}) > 1

    def make_whole(self, *, undo: bool) -> None:
        if not self.differs:
            return
        assert self.made.deploy("f" * 40) == 8
        code = self.made.recover(undo=undo)
        # Nobody can go back to nothing: then there is only the way forward.
        assert code == 0 or (undo and self.made.recover() == 0)
        assert not self.differs

    def calm(self) -> None:
        for host in self.made.hosts:
            host.trouble = Trouble()

    @invariant()
    def every_host_serves_what_was_proven_good(self) -> None:
        for host in self.made.hosts:
            good = any(record["state"] == "good" for record in host.releases.values())
            assert bool(host.serving) == good, host.name
            assert host.serving == host.live
            assert not host.serving or host.state_of(host.serving) == "good"

    @invariant()
    def what_serves_goes_on_and_comes_back_at_boot(self) -> None:
        for host in self.made.hosts:
            live = {LAYOUT.unit(host.live_colour)} if host.live_colour else set()
            assert host.enabled == live
            assert not host.cooling & live
            assert not host.locked


TestSeries = Series.TestCase
TestSeries.settings = settings(max_examples=25, stateful_step_count=8, deadline=None)
