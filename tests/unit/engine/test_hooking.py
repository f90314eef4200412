import threading
from collections.abc import Mapping

from deployer.api.place import SystemClock
from deployer.core.event import Event, Noticed, StepFailed
from deployer.core.report import Outcome
from deployer.engine.hooking import Hooking
from deployer.errors import UsageError


class Memory:
    """What is remembered, and every state that it was in."""

    def __init__(self, **hosts: str) -> None:
        self.hosts: Mapping[str, str] = hosts
        self.is_full = False

    def read(self) -> Mapping[str, str]:
        return self.hosts

    def write(self, hosts: Mapping[str, str]) -> None:
        if self.is_full:
            raise UsageError("`left-out.json` cannot be written: No space left on device.")
        self.hosts = hosts

    def hold(self) -> object:
        return self


class Hooked:
    """Hooks for web1 to web3; those in `refused` (hook and host) fail."""

    def __init__(self, *refused: tuple[str, str], web: int = 3, **known: str) -> None:
        self.ran: list[tuple[str, str]] = []
        self.memory = Memory(**known)
        self.events: list[Event] = []
        self.remembered: list[dict[str, str]] = []
        self.refused = set(refused)
        names = tuple(f"web{n}" for n in range(1, web + 1))
        self.stop = threading.Event()
        self.of = Hooking(
            names, self._run, self.memory, self.events.append, SystemClock(), self.stop
        )

    def _run(self, name: str, host: str) -> str:
        self.ran.append((name, host))
        self.remembered.append(dict(self.memory.hosts))
        return "no such pool" if (name, host) in self.refused else ""


def test_a_host_is_left_out_and_taken_in_and_remembered_first():
    hooked = Hooked()

    assert hooked.of.begin()
    assert hooked.of.before(("web1",))
    assert hooked.of.after(("web1",))

    assert hooked.ran == [("drain", "web1"), ("undrain", "web1")]
    assert hooked.remembered == [{"web1": "in a run"}] * 2
    assert hooked.memory.hosts == {}
    assert hooked.of.reports() == ()


def test_a_hook_that_refuses_sends_the_run_back_and_its_host_is_taken_in():
    hooked = Hooked(("drain", "web2"))

    assert not hooked.of.before(("web2",))
    hooked.of.unwind("why", ())

    assert hooked.of.reason == "hook for web2: no such pool"
    assert hooked.ran == [("drain", "web2"), ("undrain", "web2")]
    assert hooked.memory.hosts == {}
    assert [report.outcome for report in hooked.of.reports()] == [Outcome.ABORTED]


def test_one_that_cannot_be_taken_in_stays_remembered():
    hooked = Hooked(("undrain", "web1"))
    hooked.of.before(("web1",))

    assert not hooked.of.after(("web1",))

    assert hooked.memory.hosts == {"web1": "in a run"}
    assert any(isinstance(event, StepFailed) for event in hooked.events)


def test_the_last_one_that_gets_requests_is_not_left_out():
    hooked = Hooked(web=2, web2="by hand")

    assert hooked.of.before(("web1",))

    assert hooked.ran == []
    assert any(isinstance(event, Noticed) for event in hooked.events)


def test_who_was_left_out_by_hand_is_left_alone():
    hooked = Hooked(web1="by hand")

    hooked.of.before(("web1", "web2"))
    hooked.of.after(("web1", "web2"))

    assert hooked.ran == [("drain", "web2"), ("undrain", "web2")]
    assert hooked.memory.hosts == {"web1": "by hand"}


def test_what_is_broken_stays_out_until_a_run_ends_well_there():
    hooked = Hooked()
    hooked.of.before(("web1",))

    hooked.of.unwind("why", ("web1",))
    kept = dict(hooked.memory.hosts)
    hooked.of.after(("web1",))

    assert kept == {"web1": "not put back"}
    assert hooked.memory.hosts == {}


def test_a_run_that_was_refused_takes_in_nobody_whom_another_has_left_out():
    hooked = Hooked(web1="in a run")

    hooked.of.unwind("another run is at work", ())

    assert hooked.ran == []
    assert hooked.memory.hosts == {"web1": "in a run"}


def test_what_is_broken_when_others_have_the_release_is_not_taken_in_by_the_next_command():
    hooked = Hooked()
    hooked.of.before(("web1",))
    hooked.of.after(())

    hooked.of.commit(("web2", "web3"), ("web1",))

    assert hooked.ran == [("drain", "web1")]
    assert hooked.memory.hosts == {"web1": "not put back"}


def test_what_was_taken_in_and_broke_on_the_way_back_is_left_out_again():
    hooked = Hooked()
    hooked.of.before(("web1",))
    hooked.of.after(("web1",))

    hooked.of.unwind("web2 failed", ("web1",))

    assert hooked.ran[-1] == ("drain", "web1")
    assert hooked.memory.hosts == {"web1": "not put back"}


def test_what_a_killed_run_has_left_behind_is_left_out_once_more():
    hooked = Hooked(web1="in a run")

    hooked.of.before(("web1",))

    assert hooked.ran == [("drain", "web1")]


def test_after_a_stop_no_more_hosts_are_left_out():
    hooked = Hooked(web=4)
    hooked.stop.set()

    assert not hooked.of.before(("web1", "web2"))

    assert hooked.ran == []


def test_nobody_is_left_out_when_that_cannot_be_written_down():
    hooked = Hooked()
    hooked.memory.is_full = True

    assert not hooked.of.before(("web1",))

    assert hooked.ran == []
    assert "No space left" in hooked.of.reason
