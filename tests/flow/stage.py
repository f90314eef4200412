"""A stage for whole commands: an environment, a fleet in memory, and what came of it."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path

from deployer.api import upkeep
from deployer.api.deploy import deploy
from deployer.api.environment import Environment
from deployer.api.failed import Failed
from deployer.api.perform import UseCase, with_sessions
from deployer.api.place import Place, SystemClock
from deployer.api.recover import use_case as recover_use_case
from deployer.api.rendered import app_files
from deployer.api.request import BackupRequest, Request
from deployer.api.rollback import rollback
from deployer.api.running import Ending
from deployer.api.sessions import address
from deployer.core.event import Event, Noticed, StepFailed
from deployer.core.inventory import Inventory
from deployer.core.outside import Door, Seen
from deployer.core.rendered import RenderedFile
from deployer.core.report import EXIT_CODES, Outcome
from deployer.core.secret import Secret
from deployer.errors import DeployerError
from tests.flow.fake_agent import FakeFleet, Killed, Life
from tests.flow.fake_host import FakeHost, Trouble
from tests.shop_values import Section, hosts_of, inventory

FIRST = "aaaaaaa" + "0" * 33
SECOND = "bbbbbbb" + "0" * 33
THIRD = "ccccccc" + "0" * 33
SECRETS = {"DATABASE_URL": Secret("postgresql://shop:hush-hush@db/shop")}
KILLED = 137
_RENDERED: dict[str, tuple[RenderedFile, ...]] = {}


class QuickClock(SystemClock):
    """The real time, but to wait takes none."""

    def __init__(self) -> None:
        self._slept = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self._slept

    def sleep(self, seconds: float) -> None:
        self._slept += seconds


@dataclass
class Stage:
    """Hosts in memory and the shop; each command tells how it ended."""

    inventory: Inventory
    hosts: tuple[FakeHost, ...]
    events: list[Event] = field(default_factory=list)
    ending: Ending | None = None
    error: DeployerError | None = None
    watch: Callable[[Event], None] = lambda _: None
    words: int | None = None
    """How many words the controller of the next command has left to live."""
    hides: bool = False
    """Nobody can reach the web servers from outside, before and after."""
    is_early: bool = False
    """What comes next comes before the deadline of a confirm."""
    commands: int = 0

    def deploy(
        self,
        revision: str = SECOND,
        *,
        force: bool = False,
        no_confirm: bool = False,
        unfreeze: bool = False,
        skip_unreachable: bool = False,
        named: str = "",
    ) -> int:
        """Deploy, and give the exit code."""
        for host in self.hosts:
            host.commits = {"main": revision}
        request = Request(
            "deploy",
            force=force,
            no_confirm=no_confirm,
            unfreeze=unfreeze,
            skip_unreachable=skip_unreachable,
            revision=named,
        )
        return self._command(deploy, request)

    def retry(self, failed: Failed, revision: str = SECOND) -> int:
        """Deploy to those that have failed (`--limit @failed`), and give the exit code."""
        for host in self.hosts:
            host.commits = {"main": revision}
        return self._command(deploy, Request("deploy"), failed)

    def rollback(
        self, to: str = "", *, no_confirm: bool = False, allow_destructive: bool = False
    ) -> int:
        """Roll back, and give the exit code."""
        asked = Request("rollback", to=to, no_confirm=no_confirm)
        return self._command(rollback, replace(asked, allow_destructive=allow_destructive))

    def backup(self) -> int:
        """Back up, and give the exit code."""
        return self._command(upkeep.backup, BackupRequest("backup"))

    def recover(self, *, undo: bool = False, builds: bool = False) -> int:
        """Put right and make whole, and give the exit code."""
        return self._command(recover_use_case(undo=undo, builds=builds), Request("recover"))

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """How the last command ended on each host."""
        assert self.ending is not None
        return tuple(report.outcome for report in self.ending.hosts)

    @property
    def spoken(self) -> dict[str, tuple[str, ...]]:
        """What each host was told by the last command."""
        return {host.name: host.spoken for host in self.hosts}

    @property
    def failures(self) -> tuple[tuple[str, str], ...]:
        """Hosts and steps that failed in the last command."""
        return tuple(
            (event.host, event.step) for event in self.events if isinstance(event, StepFailed)
        )

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the last command warned of."""
        return tuple(
            event.text
            for event in self.events
            if isinstance(event, Noticed) and event.level == "warning"
        )

    def _command(self, use_case: UseCase, request: Request, only: Failed | None = None) -> int:
        self.events.clear()
        self.ending = self.error = None
        for host in self.hosts:
            host.heard.clear()
            host.round_trips = 0
            host.opened = 0
        at = self._environment(request, only)
        addresses = tuple(address(self.inventory, host) for host in at.hosts)
        try:
            fleet = FakeFleet(self.hosts, Life(self.words))
            self.ending = with_sessions(at, fleet, addresses, use_case)
        except DeployerError as error:
            self.error = error
            return error.exit_code
        except Killed:
            return KILLED
        finally:
            self.words = None
            for host in () if self.is_early else self.hosts:
                host.deadline_passes()
        return EXIT_CODES[self.ending.outcome]

    def _environment(self, request: Request, only: Failed | None = None) -> Environment:
        folder = Path("/nowhere")
        environ = {"GITHUB_ACTOR": "ann"}
        place = Place(folder, environ, StringIO(), StringIO(), None, QuickClock(), self._knock)
        every = self.inventory.hosts
        chosen = tuple(every[name] for name in (only.hosts if only else every))
        others = only.release if only else None
        self.commands += 1
        run = f"run-{self.commands:03d}"
        at = Environment(place, request, self.inventory, chosen, SECRETS, self._hear, run, others)
        at.__dict__["rendered"] = rendered(self.inventory)
        return at

    def _knock(self, address: str, door: Door) -> Seen:
        host = next(one for one in self.hosts if self.inventory.hosts[one.name].address == address)
        if self.hides or (host.trouble.unseen and host.awaiting is not None):
            return Seen(problem="port 80: no answer in 5 s")
        return Seen(500 if host.serving in host.sick or not host.serving else 200)

    def _hear(self, event: Event) -> None:
        self.events.append(event)
        self.watch(event)


def rendered(of: Inventory) -> tuple[RenderedFile, ...]:
    """The files of an app, rendered once for all tests."""
    key = of.app.model_dump_json()
    if key not in _RENDERED:
        _RENDERED[key] = app_files(of, SECRETS, Path("/nowhere"))
    return _RENDERED[key]


def stage(
    count: int = 1,
    *,
    batches: tuple[int | str, ...] = ("100%",),
    rollout: Section | None = None,
    roles: Mapping[str, tuple[str, ...]] | None = None,
    app: Section | None = None,
) -> Stage:
    """Hosts that are set up; nothing is deployed."""
    named = {
        name: {**host, "roles": (roles or {}).get(name, ("web",))}
        for name, host in hosts_of(count).items()
    }
    rest: Section = {
        "rollout": {"batches": batches, **(rollout or {})},
        "ssh": {"reconnect_timeout": 0},
    }
    whole = inventory(app, hosts=named, rest=rest)
    return Stage(whole, tuple(FakeHost(name) for name in named))


def serving_first(
    count: int = 1,
    *,
    batches: tuple[int | str, ...] = ("100%",),
    rollout: Section | None = None,
    troubles: Mapping[str, Trouble] | None = None,
    app: Section | None = None,
) -> Stage:
    """A stage on which the revision FIRST is live, and troubles begin."""
    made = stage(count, batches=batches, rollout=rollout, app=app)
    assert made.deploy(FIRST) == 0
    for host in made.hosts:
        host.trouble = (troubles or {}).get(host.name, Trouble())
        host.outcomes.clear()
    return made


def in_thread(work: Callable[[], None]) -> None:
    """Do something in another thread and wait for it."""
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
