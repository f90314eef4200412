"""What our commands send over SSH: counted in this process, beside the runs that are timed."""

import io
from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.world import OURS, WentWrong, World
from deployer.api.deploy import deploy
from deployer.api.environment import Environment
from deployer.api.perform import UseCase, perform
from deployer.api.place import Place
from deployer.api.request import Request
from deployer.api.rollback import rollback
from deployer.api.running import Ending
from deployer.api.sessions import total
from deployer.core.transport import Counts
from deployer.engine.session import Session


@dataclass(frozen=True, slots=True)
class Cost:
    """What one command cost on its busiest host."""

    name: str
    counts: Counts


def costs(world: World) -> tuple[Cost, ...]:
    """Do each command once more and count; any of v4 and v5 may be live before."""
    counted: list[Cost] = []

    def count(name: str, task: str, revision: str = "") -> None:
        counted.append(Cost(name, _counts(world, task, revision)))

    _counts(world, "deploy", "v4")
    world.cool()
    count("redeploy", "deploy", "v5")
    count("no-op", "deploy", "v5")
    count("rollback", "rollback")
    return tuple(counted)


def _counts(world: World, task: str, revision: str) -> Counts:
    seen: dict[str, Counts] = {}
    use_case: UseCase = deploy if task == "deploy" else rollback

    def counting(at: Environment, sessions: Mapping[str, Session]) -> Ending:
        ending = use_case(at, sessions)
        seen.update(total(sessions))
        return ending

    said = io.StringIO()
    place = Place(world.folder / OURS, world.environ, said, said, None)
    request = Request(task, env=OURS, revision=revision, unfreeze=True)
    if perform(place, request, counting, with_secrets=task == "deploy") != 0:
        raise WentWrong(said.getvalue())
    return max(seen.values(), key=lambda one: (one.round_trips, one.bytes_sent))
