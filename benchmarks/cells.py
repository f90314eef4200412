"""What is measured where, and what has been measured: a file for each cell, so that it resumes."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.measured import Taken
from benchmarks.ways import WAYS
from benchmarks.wire import Wire

TASKS = ("first deploy", "redeploy", "rollback", "no-op", "rollback, old release stopped")


@dataclass(frozen=True, slots=True)
class Place:
    """Some hosts, and how many milliseconds each round trip to them is longer."""

    hosts: int
    delay: int = 0
    rounds: int = 3
    first: tuple[str, ...] = WAYS
    """Who does a first deploy there."""
    again: tuple[str, ...] = WAYS
    """Who does a no-op there; a peer does all of a redeploy once more."""

    counted: bool = False
    """Whether the wire is listened to there."""

    @property
    def name(self) -> str:
        """How it is called in the page."""
        hosts = f"{self.hosts} host{'s' if self.hosts > 1 else ''}"
        return f"{hosts}, {self.delay} ms of added delay" if self.delay else hosts

    @property
    def key(self) -> str:
        """How its files begin."""
        return f"{self.hosts:02}-{self.delay}ms"


FULL = (
    Place(1, rounds=5),
    Place(3, rounds=5, counted=True),
    Place(3, delay=50, rounds=2, first=()),
    Place(10, rounds=1, first=("ours", "bash", "fabric-group", "pyinfra", "ansible")),
    Place(30, rounds=1, first=("ours", "bash", "pyinfra"), again=("ours", "bash")),
)


@dataclass(slots=True)
class Cells:
    """All that was measured so far, kept below `folder`."""

    folder: Path
    found: dict[tuple[str, str, str], list[Taken]] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path) -> "Cells":
        """Read what earlier commands have measured."""
        folder.mkdir(parents=True, exist_ok=True)
        cells = cls(folder)
        for path in sorted(folder.glob("*ms.*.json")):
            place, way, task, _ = path.name.split(".")
            taken = [Taken(**one) for one in json.loads(path.read_text())]
            cells.found[place, way, task.replace("_", " ")] = taken
        return cells

    def add(self, place: Place, way: str, task: str, taken: Taken) -> None:
        """Keep one run."""
        runs = self.found.setdefault((place.key, way, task), [])
        runs.append(taken)
        path = self.folder / f"{place.key}.{way}.{task.replace(' ', '_')}.json"
        path.write_text(json.dumps([asdict(one) for one in runs]) + "\n")
        print(
            f"{place.name:34} {way:14} {task:30} {taken.wall:7.2f} s, CPU {taken.here:6.2f} s here,"
            f" {taken.there:6.2f} s there, {taken.memory:5.0f} MiB",
            flush=True,
        )

    def runs(self, place: Place, way: str, task: str) -> list[Taken]:
        """Give the runs of a cell; none where it was not measured."""
        return self.found.get((place.key, way, task), [])

    def missing(self, place: Place, way: str, task: str) -> bool:
        """Whether a cell has fewer runs than it shall have."""
        rounds = 1 if task == "first deploy" else place.rounds
        return len(self.runs(place, way, task)) < rounds

    def wanted(self, place: Place, ways: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        """Give way and task of all cells of a place."""
        for way in ways:
            for task in ("redeploy", "rollback"):
                yield way, task
            if way in place.first:
                yield way, "first deploy"
            if way in place.again:
                yield way, "no-op"

    def ratio(self, place: Place, ours: tuple[str, str], over: tuple[str, str]) -> float | None:
        """Give the median of what (way, task) took over what another one took in its round."""
        pairs = zip(self.runs(place, *ours), self.runs(place, *over), strict=False)
        ratios = [one.wall / other.wall for one, other in pairs]
        return median(ratios) if ratios else None

    def missing_extra(self, place: Place, ways: tuple[str, ...]) -> list[tuple[str, str]]:
        """Give what is missing of what is measured beside the clock."""
        missing = [(way, "wire") for way in ways if self.lacks_wire(place, way)]
        return missing + ([("ours", "floor")] if self.lacks_floor(place) else [])

    def lacks_wire(self, place: Place, way: str) -> bool:
        """Whether the wire shall be and was not yet listened to: at one place is enough."""
        return place.counted and "no-op" not in self.wires(place, way)

    def wires(self, place: Place, way: str) -> dict[str, Wire]:
        """Give what each task of a way sent."""
        path = self.folder / f"{place.key}.{way}.wire"
        found = json.loads(path.read_text()) if path.exists() else {}
        return {task: Wire(**one) for task, one in found.items()}

    def add_wire(self, place: Place, way: str, task: str, wire: Wire) -> None:
        """Keep what one task of a way sent."""
        known = {**self.wires(place, way), task: wire}
        path = self.folder / f"{place.key}.{way}.wire"
        path.write_text(json.dumps({name: one.data() for name, one in known.items()}) + "\n")
        print(f"{place.name:34} {way:14} {task:30} {wire}", flush=True)

    def lacks_floor(self, place: Place) -> bool:
        """Whether the work without a transport shall be and was not yet measured."""
        return not place.delay and len(self.floor(place)) < place.rounds

    def floor(self, place: Place) -> list[float]:
        """Give the seconds of the work without a transport."""
        path = self.folder / f"{place.key}.floor"
        found: list[float] = json.loads(path.read_text()) if path.exists() else []
        return found

    def add_floor(self, place: Place, seconds: float) -> None:
        """Keep how long the hosts took alone."""
        known = [*self.floor(place), seconds]
        (self.folder / f"{place.key}.floor").write_text(json.dumps(known) + "\n")
        print(f"{place.name:34} {'floor':14} {'redeploy':30} {seconds:7.2f} s", flush=True)
