"""What is injected where, and what became of it."""

from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, slots=True)
class Case:
    """One fault: its kind, the point at which it strikes, and what is being done then."""

    kind: str
    point: str
    during: str = "deploy"
    """| broken deploy | rollback | backup | prune | restore | recover | hold | unhold"""
    second: str = ""  # where the recovery is struck too, in the same way
    seed: int = 0
    way: str = ""
    """| workers | socket | plain, or a change such as `plain > socket`"""

    @property
    def name(self) -> str:
        """Name the case; selections match on it."""
        words = (self.during, self.way, self.kind, self.point, self.second, f"{self.seed or ''}")
        return " / ".join(filter(None, words))


@dataclass(slots=True)
class Result:
    """What was seen of one case; `problems` is empty if it was survived."""

    case: Case
    fired: bool = False
    exit_code: int | None = None
    outcome: str = ""
    recovered: float = 0.0
    """Seconds from the fault until the host was put right by itself (after power: from boot)."""
    noticed: float = 0.0
    """Seconds from a cut until the controller said so."""
    asked: int = 0
    lost: int = 0
    lost_while_off: int = 0
    losses: list[str] = field(default_factory=list)
    """When after the fault the first of them were asked, and what became of them."""
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)

    @property
    def survived(self) -> bool:
        """Whether nothing was wrong."""
        return not self.problems

    def row(self) -> dict[str, object]:
        """Give it as one line of the results."""
        found = asdict(self)
        case = found.pop("case")
        return {**{key: value for key, value in case.items() if value}, **found}
