"""What was taken, by what was done and who did it."""

from dataclasses import dataclass, field
from statistics import median

from benchmarks.world import Taken


@dataclass(slots=True)
class Samples:
    """All runs of one set of hosts."""

    taken: dict[str, dict[str, list[Taken]]] = field(default_factory=dict)

    def add(self, name: str, way: str, taken: Taken) -> None:
        """Remember one run."""
        self.taken.setdefault(name, {}).setdefault(way, []).append(taken)
        print(f"{name:32} {way:5} {taken.wall:6.2f} s, {taken.cpu:5.2f} s of CPU", flush=True)

    @property
    def names(self) -> tuple[str, ...]:
        """What was measured, in the order of its first run."""
        return tuple(self.taken)

    def walls(self, name: str, way: str) -> list[float]:
        """Give the seconds of all runs, the shortest first."""
        return sorted(one.wall for one in self.taken[name][way])

    def cpu(self, name: str, way: str) -> float:
        """Give the median seconds of the processors."""
        return median(one.cpu for one in self.taken[name][way])

    def ratio(self, name: str) -> float:
        """Give our median as a share of the script's."""
        return median(self.walls(name, "ours")) / median(self.walls(name, "bash"))
