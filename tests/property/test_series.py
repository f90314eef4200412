"""Any series of deploys, failures, lost links and rollbacks leaves hosts on proven releases."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from deployer.core.release import Layout
from deployer.recipes.deploy import deploy
from tests.flow.fake_host import Link, Trouble
from tests.flow.stage import stage

LAYOUT = Layout("shop")
STEPS = st.sampled_from(["", "", *(step.name for step in deploy())])
MESSAGES = st.sampled_from(
    ["begin", "order BUILD", "order PUBLISH", "order VERIFY", "undo", "commit", "order FINISH"]
)
LINKS = st.none() | st.tuples(MESSAGES, st.sampled_from(Link))
HOSTS = st.integers(0, 1)


class Series(RuleBasedStateMachine):
    """Two hosts, one after the other, and whatever may come."""

    def __init__(self) -> None:
        super().__init__()
        self.made = stage(2, batches=(1,))
        self.revision = 0

    @rule(step=STEPS, link=LINKS, where=HOSTS)
    def deploy(self, step: str, link: tuple[str, Link] | None, where: int) -> None:
        self.revision += 1
        self.made.hosts[where].trouble = Trouble(fails=step, link=link)
        code = self.made.deploy(f"{self.revision:07x}{'0' * 33}")
        assert code != 0 or len({host.serving for host in self.made.hosts}) == 1
        self.calm()

    @rule(step=STEPS, link=LINKS, where=HOSTS)
    def rollback(self, step: str, link: tuple[str, Link] | None, where: int) -> None:
        self.made.hosts[where].trouble = Trouble(fails=step, link=link)
        before = [host.serving for host in self.made.hosts]
        code = self.made.rollback()
        after = [host.serving for host in self.made.hosts]
        assert code != 0 or all(old != new for old, new in zip(before, after, strict=True))
        assert code in {0, 7} or after == before
        self.calm()

    @rule()
    def time_passes(self) -> None:
        for host in self.made.hosts:
            for unit in host.cooling:
                del host.running[unit]
            host.cooling.clear()

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
