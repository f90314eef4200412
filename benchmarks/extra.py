"""What is measured beside the clock: what goes over the wire, and the work without a transport."""

from benchmarks.cells import Cells, Place
from benchmarks.floor import record, replay
from benchmarks.wire import Tap
from benchmarks.world import World


def count(world: World, place: Place, cells: Cells, ways: tuple[str, ...]) -> None:
    """Have every way go there and back once more, with an ear on the wire; v4 is live before."""
    for way in ways:
        if not cells.lacks_wire(place, way):
            continue
        if way == "ours":
            world.cool()
        for task, revision in (("deploy", "v5"), ("rollback", "v4"), ("deploy", "v4")):
            with Tap(world.lab.place.bridge, place.hosts) as tap:
                world.type(way, task, revision)
            name = {"v5": "redeploy"}.get(revision, "no-op" if task == "deploy" else task)
            cells.add_wire(place, way, name, tap.wire)


def measure_floor(world: World, place: Place, cells: Cells) -> None:
    """Record one of our redeploys and have the hosts repeat it alone; v4 is live before."""
    if not cells.lacks_floor(place):
        return
    world.cool()
    talks = record(world, "v5")
    for _ in range(place.rounds):
        world.type("ours", "deploy", "v4")
        world.cool()
        cells.add_floor(place, replay(world, talks))
    world.type("ours", "deploy", "v4")
