"""The cases: kinds of faults by points, for each command that a fault may strike."""

import random
from collections.abc import Iterator, Sequence

from tests.faults.case import Case

STEPS = (
    *("backup", "pull", "install", "configure", "check", "migrate", "collect_static"),
    *("restart", "check_health", "activate", "check_front"),
)
"""The steps of a deploy that are undone if it fails; those after the commit are apart."""
AFTER_COMMIT = ("retire", "prune")
EXPOSED = STEPS[STEPS.index("migrate") :]
UNDO = ("settle", *(f"undo:{step}" for step in ("activate", "restart", "configure", "pull")))


def around(steps: Sequence[str]) -> tuple[str, ...]:
    """Before, in the middle of and after each of these steps."""
    return tuple(f"{when}:{step}" for step in steps for when in ("before", "mid", "after"))


JOURNAL = (
    *("before:journal:begin", "torn:journal:begin", "synced:journal:begin"),
    *("torn:journal:step:start:pull", "after:journal:step:start:pull"),
    *("torn:journal:step:start:activate", "synced:journal:step:start:activate"),
    *("torn:journal:step:done:activate", "after:journal:step:done:activate"),
    *("before:commit", "before:journal:end:committed", "torn:journal:end:committed"),
    *("after:journal:end:committed", "synced:journal:end:committed"),
)


def cases() -> tuple[Case, ...]:
    """Give them all, in an order that does not depend on anything."""
    found = dict.fromkeys((*killed(),))
    return tuple(found)


def killed() -> Iterator[Case]:
    """The agent dies at every point."""
    for point in (*around((*STEPS, *AFTER_COMMIT)), *JOURNAL):
        yield Case("SIGKILL of the agent", point)
        yield Case("power loss", point)
    for point in around(("pull", "migrate", "activate", "prune")):
        for kind in ("SIGKILL of the controller", "link cut and healed"):
            yield Case(kind, point)


def shuffled(found: Sequence[Case], seed: int) -> tuple[Case, ...]:
    """Give them in an order that the seed decides, so that no case leans on the one before."""
    mixed = list(found)
    random.Random(seed).shuffle(mixed)
    return tuple(mixed)


def chosen() -> tuple[Case, ...]:
    """Give the few that every run of the tests makes."""
    return tuple(cases()[::8])
