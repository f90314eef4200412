"""Seconds by what was done and who did it."""

from dataclasses import dataclass, field
from statistics import median


@dataclass(slots=True)
class Samples:
    """All runs of one set of hosts."""

    seconds: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    def add(self, name: str, way: str, seconds: float) -> None:
        """Remember one run."""
        self.seconds.setdefault(name, {}).setdefault(way, []).append(seconds)
        print(f"{name:32} {way:5} {seconds:6.2f} s", flush=True)

    @property
    def names(self) -> tuple[str, ...]:
        """What was measured, in the order of its first run."""
        return tuple(self.seconds)

    def of(self, name: str, way: str) -> list[float]:
        """Give the seconds of all runs, the shortest first."""
        return sorted(self.seconds[name][way])

    def ratio(self, name: str) -> float:
        """Give our median as a share of the script's."""
        return median(self.of(name, "ours")) / median(self.of(name, "bash"))
