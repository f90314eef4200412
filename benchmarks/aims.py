"""What we want to reach, and whether the figures say so."""

from collections.abc import Iterable, Iterator, Sequence
from statistics import median

from benchmarks.cells import Cells, Place
from benchmarks.ways import WAYS

_TASKS = ("first deploy", "redeploy", "rollback", "no-op")
_BASH = (("redeploy", 0.7), ("rollback", 0.7), ("no-op", 0.1))
_MILLISECONDS, _OVER_FLOOR = 20.0, 1.3


def aims(cells: Cells, places: Sequence[Place]) -> Iterator[tuple[str, str, str]]:
    """Give each aim, what was found, and whether it is met."""
    yield from _faster(cells, places)
    for place in places:
        if place.hosts == 3:
            yield from _over_bash(cells, place)
    largest = max(places, key=lambda place: place.hosts)
    runs = cells.runs(largest, "ours", "redeploy")
    if runs:
        found = median(one.here for one in runs) / largest.hosts * 1000
        text = f"a redeploy takes at most {_MILLISECONDS:.0f} ms of controller CPU a host"
        yield f"{text}, {largest.name}", f"{found:.0f} ms", _met(found <= _MILLISECONDS)
    for place in places:
        floor, ours = cells.floor(place), cells.runs(place, "ours", "redeploy")
        if floor and ours:
            ratio = median(one.wall for one in ours) / median(floor)
            text = f"a redeploy takes at most {_OVER_FLOOR}x the work without a transport"
            yield f"{text}, {place.name}", f"{ratio:.2f}x", _met(ratio <= _OVER_FLOOR)


def _faster(cells: Cells, places: Sequence[Place]) -> Iterator[tuple[str, str, str]]:
    slower, compared = [], 0
    for place, task, way in _all(places):
        ratio = cells.ratio(place, ("ours", task), (way, task))
        if ratio is None:
            continue
        compared += 1
        if ratio >= 1:
            slower.append(f"{place.name}, {task}, {way} ({ratio:.2f}x)")
    text = f"{compared - len(slower)} of {compared} cells" + "".join(
        f"; not {one}" for one in slower
    )
    yield "faster than every other way in every cell", text, _met(not slower)


def _over_bash(cells: Cells, place: Place) -> Iterable[tuple[str, str, str]]:
    for task, most in _BASH:
        ratio = cells.ratio(place, ("ours", task), ("bash", task))
        if ratio is not None:
            text = f"{task} at most {most}x bash, {place.name}"
            yield text, f"{ratio:.2f}x", _met(ratio <= most)


def _all(places: Sequence[Place]) -> Iterator[tuple[Place, str, str]]:
    for place in places:
        for task in _TASKS:
            for way in WAYS[1:]:
                yield place, task, way


def _met(is_so: object) -> str:
    return "met" if is_so else "not met"
