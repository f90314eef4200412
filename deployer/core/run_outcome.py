"""What a host's journal says became of one run, as a typed value."""

from dataclasses import dataclass

from deployer.core.fact import Fact
from deployer.core.host_facts import mapping
from deployer.core.report import Outcome

ENDS = {
    "committed": Outcome.COMMITTED,
    "aborted": Outcome.ABORTED,
    "rolled_back": Outcome.ROLLED_BACK,
    "rollback_failed": Outcome.ROLLBACK_FAILED,
}
"""The ends of a run by the words of the journal."""


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """The verdict of one journal on one run.

    `outcome` is UNKNOWN while the run is open, and when the journal never heard of it (then it
    was not begun on that host, and `is_known` is False).
    """

    run: str
    outcome: Outcome = Outcome.UNKNOWN
    is_known: bool = False
    at_work: bool = False
    """Its worker is alive: it is still working, or waits for a confirm."""
    awaits_confirm: bool = False
    cause: str = ""
    command: str = ""
    release: str = ""
    revision: str = ""
    previous: str = ""
    """The release that was live when it began."""
    fleet: tuple[str, ...] = ()
    leader: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it began and has no end yet."""
        return self.is_known and self.outcome is Outcome.UNKNOWN


def run_outcome(run: str) -> Fact[RunOutcome]:
    """Ask what became of a run on this host."""
    return Fact(f"outcome:{run}", "outcome", parse_run_outcome, {"run": run})


def parse_run_outcome(answer: object) -> RunOutcome:
    """Read the agent's answer to `outcome`."""
    data = mapping(answer)
    said = _text(data.get("outcome"))
    fleet = data.get("fleet")
    return RunOutcome(
        run=_text(data.get("run")),
        outcome=ENDS.get(said, Outcome.UNKNOWN),
        is_known=said in ENDS or said == "open",
        at_work=data.get("at_work") is True,
        awaits_confirm=data.get("awaits_confirm") is True,
        cause=_text(data.get("cause")),
        command=_text(data.get("command")),
        release=_text(data.get("release")),
        revision=_text(data.get("revision")),
        previous=_text(data.get("previous")),
        fleet=tuple(str(one) for one in fleet) if isinstance(fleet, list) else (),
        leader=_text(data.get("leader")),
    )


def _text(answer: object) -> str:
    return answer if isinstance(answer, str) else ""
