"""Negative controls: with a mechanism taken out, the same fault must be seen to do harm.

Each is done twice: as the product is, which must be survived, and without the mechanism, which must
not be. A harness that cannot fail proves nothing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from tests.faults import scenes
from tests.faults.case import Case, Result
from tests.faults.controller import REMOVED
from tests.faults.lane import Lane
from tests.faults.survive import survive
from tests.faults.tiny import NAME

Scene: TypeAlias = Callable[[Lane], Iterable[str]]
PATIENCE = 12.0
WAITS = 30.0


@dataclass(frozen=True, slots=True)
class Control:
    """A mechanism, the fault that it is for, and how it is taken out."""

    mechanism: str
    fault: str
    scene: Scene
    agent: tuple[str, ...] = ()
    controller: str = ""
    on_host: str = ""
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """What a control showed."""

    control: Control
    with_it: tuple[str, ...]
    without_it: tuple[str, ...]

    @property
    def is_shown(self) -> bool:
        """Whether the mechanism was needed, and enough."""
        return not self.with_it and bool(self.without_it)

    def row(self) -> dict[str, object]:
        """Give it as one line of the results."""
        control = self.control
        named = {"mechanism": control.mechanism, "fault": control.fault}
        seen = {"with": list(self.with_it), "without": list(self.without_it)[:3]}
        return {"control": True, **named, **seen, "shown": self.is_shown}


def by(case: Case) -> Scene:
    """Make a scene of a case of the matrix."""

    def scene(lane: Lane) -> Iterable[str]:
        result = Result(case)
        survive(lane, case, result)
        return result.problems

    return scene


def show(control: Control, lane: Lane) -> Shown:
    """Do it with the mechanism and then without; the host is of no use afterwards."""
    with_it = tuple(control.scene(lane))
    lane.disarm()
    lane.removed, lane.patience, lane.command_seconds = list(control.agent), PATIENCE, WAITS
    if control.controller:
        lane.project.environ[REMOVED] = control.controller
    lane.words = control.words
    if control.on_host:
        lane.host.run(control.on_host)
    if control.agent:
        lane.arm_durably()
    without_it: tuple[str, ...]
    try:
        without_it = tuple(control.scene(lane))
    except Exception as error:  # noqa: BLE001  so broken that not even the harness can go on
        without_it = (f"{type(error).__name__}: {error}"[:300],)
    return Shown(control, with_it, without_it)


def controls() -> tuple[Control, ...]:
    """Give them all."""
    killed, lost = "SIGKILL of the agent", "power loss"
    return (
        Control(
            "flush", "power loss 7 s after", by(Case("late power loss", "mid:prune")), ("flush",)
        ),
        Control(
            "guard unit", "SIGKILL of the agent", by(Case(killed, "after:activate")), ("guard",)
        ),
        Control(
            "recovery at boot",
            "power loss",
            by(Case(lost, "after:activate")),
            on_host=f"systemctl disable deployer-recover@{NAME}; sync -f /etc",
        ),
        Control("lock", "two at once", by(Case("two at once", "mid:migrate")), ("lock",)),
        Control(
            "undo before do",
            "SIGKILL of the agent",
            by(Case(killed, "before:journal:step:start:activate")),
            ("undo first",),
        ),
        Control("settle", "power loss", by(Case(lost, "after:activate")), ("settle",)),
        Control("fence", "two plans of one moment", scenes.stale_plan, ("fence",)),
        Control("read-back of backups", "half a dump", scenes.damaged_dump, ("read back",)),
        Control("manifest at boot", "a file lost", scenes.damaged_release, ("boot check",)),
        Control("host key", "another key", scenes.other_host_key, controller="host key"),
        Control(
            "redaction",
            "a told secret",
            scenes.told_secret,
            ("redaction",),
            controller="redaction",
        ),
        Control(
            "confirm",
            "a release that only its own host can reach",
            scenes.hidden_from_outside,
            words=("--no-confirm",),
        ),
    )
