"""The cases: kinds of faults by points, for each command that a fault may strike."""

import random
from collections.abc import Iterable, Iterator, Sequence

from tests.faults.case import Case
from tests.faults.kinds import RANDOM
from tests.faults.ways import PLAIN, SOCKET, WORKERS

STEPS = (
    *("backup", "pull", "install", "configure", "check", "migrate", "collect_static"),
    *("restart", "check_health", "activate", "check_front"),
)
"""The steps of a deploy that are undone if it fails; those after the commit are apart."""
BESIDE = ("stop_processes", "run_processes")
"""Those that only an app with processes has."""
AFTER_COMMIT = ("retire", "prune")
ALL = (*STEPS, *AFTER_COMMIT)
FEW = ("pull", "migrate", "restart", "activate", "check_front", "prune")
JOURNAL = (
    *("before:journal:begin", "torn:journal:begin", "synced:journal:begin"),
    *("torn:journal:step:start:pull", "after:journal:step:start:pull"),
    *("torn:journal:step:start:activate", "synced:journal:step:start:activate"),
    *("torn:journal:step:done:activate", "after:journal:step:done:activate"),
    *("before:commit", "before:journal:end:committed", "torn:journal:end:committed"),
    *("after:journal:end:committed", "synced:journal:end:committed"),
)
UNCONFIRMED = (
    *("before:propose", "torn:journal:await_confirm", "synced:journal:await_confirm"),
    "after:propose",
)
CONFIRM = (*UNCONFIRMED, "before:confirm", "after:confirm")
"""Around the confirm over a fresh connection: the host waits for it, and else goes back."""
COMMIT = ("before:commit", "synced:journal:end:committed")
UNWINDING = (
    *("synced:journal:undo:start", "mid:undo:restart", "after:undo:restart"),
    *(
        "mid:undo:configure",
        "mid:undo:pull",
        "before:undo:settle",
        "mid:undo:settle",
        "after:undo:settle",
    ),
    *("torn:journal:end:rolled_back", "synced:journal:end:rolled_back"),
)
AGAIN = (
    *("before:recover", "synced:journal:undo:start", "mid:undo:restart", "before:undo:settle"),
    *("mid:undo:settle", "torn:journal:end:rolled_back", "synced:journal:end:rolled_back"),
)
ROLLBACK = ("restart", "check_health", "activate", "check_front", "retire")
RESTORE = (
    *("before:restore_beside", "mid:restore_beside", "after:restore_beside", "mid:pause"),
    *("before:swap", "mid:swap", "rename:swap:1", "rename:swap:2", "rename:swap:3", "after:swap"),
    *("mid:resume", "mid:check_health", "synced:journal:end:committed"),
)
"""Of a restore of database and shared files; each `rename` is one of those inside the swap."""
SWAPPED_BACK = ("before:undo:swap", "rename:undo:swap:1", "rename:undo:swap:2", "after:undo:swap")
STOPPING = ("before:stop_processes", "mid:stop_processes", "after:stop_processes")
RUNNING = (*(f"mid:run_processes@{part}" for part in (0.05, 0.15, 0.3, 0.6)), "after:run_processes")
"""They are stopped at first, then files change, then they are started and watched."""
TAKING_TURNS = (
    *("mid:restart@0.3", "mid:restart@0.6", "mid:restart@0.9", "after:restart", "mid:check_health"),
    *("after:activate", "mid:check_front", "before:commit"),
)
"""While no release runs, and around that."""
CHANGES = ("blue-green > socket", "socket > blue-green", "socket > plain", "plain > socket")
DEATHS = ("SIGKILL of the agent", "power loss")
RANDOMS = 12


WAYS = (WORKERS, SOCKET, PLAIN, f"{WORKERS} > none", f"none > {WORKERS}", *CHANGES)
CHOSEN = (
    Case("SIGKILL of the agent", RUNNING[1], way=WORKERS),
    Case("power loss", "mid:restart@0.6", way=SOCKET),
    Case("SIGKILL of the agent", "after:restart", way="socket > plain"),
)


def cases(seed: int = 1) -> tuple[Case, ...]:
    """Give them all, each once; the seed decides the random moments."""
    named = (deaths(), controllers(), links(), hosts(), clocks(), others(), ways_back(), restores())
    parts = (*named, asked_for(), random_(seed), *map(one_way, WAYS))
    return tuple(dict.fromkeys(case for part in parts for case in part))


def each(
    kinds: Iterable[str],
    points: Sequence[str],
    during: str = "deploy",
    second: str = "",
    way: str = "",
) -> Iterator[Case]:
    """Every one of these kinds at every one of these points."""
    return (Case(kind, point, during, second, way=way) for kind in kinds for point in points)


def around(steps: Iterable[str]) -> tuple[str, ...]:
    """Before, in the middle of and after each of these steps."""
    return tuple(f"{when}:{step}" for step in steps for when in ("before", "mid", "after"))


def mid(steps: Iterable[str]) -> tuple[str, ...]:
    """In the middle of each of these steps."""
    return tuple(f"mid:{step}" for step in steps)


def deaths() -> Iterator[Case]:
    """The agent dies, or the whole host, at every point of a deploy."""
    yield from each(DEATHS, (*around(ALL), *CONFIRM, *JOURNAL))
    yield from each(("late power loss",), ("after:configure", "after:activate", "mid:prune"))
    yield from each(("SIGKILL of the unit",), mid(ALL))
    yield from each(("SIGTERM of the agent",), mid(STEPS))
    points = ("mid:install", "after:install")
    yield from each((*DEATHS, "disk full"), points, during="first packages")


def controllers() -> Iterator[Case]:
    """The controller dies, or is asked to stop."""
    yield from each(("SIGKILL of the controller",), (*mid(ALL), *CONFIRM, *COMMIT))
    polite = ("SIGTERM of the controller", "Ctrl-C", "Ctrl-C twice")
    yield from each(polite, (*mid(FEW), "after:propose", *COMMIT))
    yield from each(("cancelled CI job",), mid(("pull", "restart")))


def links() -> Iterator[Case]:
    """The link between the two goes."""
    yield from each(("link cut and healed",), (*mid(ALL), *CONFIRM, *COMMIT))
    longer = ("link cut until noticed", "half-open link")
    points = (*mid(("pull", "migrate", "activate")), "after:propose", *COMMIT)
    yield from each(longer, points)
    yield from each(("link cut for good",), mid(("pull", "check_health")))


def hosts() -> Iterator[Case]:
    """The host reboots, stands still, or its disk fills up or fails."""
    yield from each(("reboot",), (*mid(ALL), "after:propose", *COMMIT))
    yield from each(("frozen host",), mid(FEW))
    yield from each(("disk full", "inodes full"), (*mid(ALL), "before:propose", "before:commit"))
    yield from each(("read-only disk",), (*mid(ALL), "before:commit"))


def clocks() -> Iterator[Case]:
    """Time passes in other ways than it should."""
    yield from each(("clock a year ahead", "clock a year back"), mid(("backup", "pull", "restart")))
    yield from each(("hang of a program",), mid(("pull", "install", "migrate", "restart")))
    yield from each(("hang of the agent",), mid(("pull", "migrate", "activate", "prune")))


def others() -> Iterator[Case]:
    """Memory runs out; somebody else deploys too; other commands than a deploy are struck."""
    yield from each(("out of memory",), mid(FEW))
    yield from each(("two at once",), (*mid(FEW[:5]), "after:propose"))
    for during in ("backup", "prune"):
        kinds = (*DEATHS, "SIGKILL of the controller", "disk full", "link cut and healed")
        yield from each(kinds, mid((during,)), during=during)


def ways_back() -> Iterator[Case]:
    """The way back is struck: of a broken deploy, of a rollback, and of a recovery."""
    yield from each(DEATHS, UNWINDING, during="broken deploy")
    milder = ("SIGKILL of the controller", "link cut and healed", "reboot", "disk full")
    yield from each(milder, ("mid:undo:restart", "before:undo:settle"), during="broken deploy")
    yield from each((*DEATHS, "SIGKILL of the controller"), mid(ROLLBACK), during="rollback")
    for second in AGAIN:
        yield from each(DEATHS, ("after:activate",), second=second)


def restores() -> Iterator[Case]:
    """A backup is taken back meanwhile."""
    yield from each(DEATHS, RESTORE, during="restore")
    points = mid(("backup", "restore_beside", "swap", "resume"))
    yield from each(("SIGKILL of the controller", "disk full"), points, during="restore")
    for second in SWAPPED_BACK:
        yield from each(DEATHS, ("after:swap",), during="restore", second=second)


def asked_for() -> Iterator[Case]:
    """What the agent does in the conversation itself is struck: `inv recover`, and holds."""
    yield from each(DEATHS, AGAIN, during="recover")
    holding = ("before:hold", "mid:write_atomic", "after:hold")
    yield from each(DEATHS, holding, during="hold")
    yield from each(DEATHS, ("before:unhold", "mid:unlink_durable", "after:unhold"), "unhold")


def random_(seed: int) -> Iterator[Case]:
    """Nobody chose the moment."""
    for kind in RANDOM:
        yield from (Case(kind, "any", seed=100 * seed + one) for one in range(RANDOMS))


def one_way(way: str) -> Iterator[Case]:
    """The app has processes, or its releases take turns, or that changes."""
    points = (*STOPPING, *RUNNING) if WORKERS in way else TAKING_TURNS
    broken = "dead worker" if way == WORKERS else "broken deploy"
    back = ("mid:undo:restart", *(f"mid:undo:settle@{part}" for part in (0.2, 0.8)))
    if " > " in way:
        changing = RUNNING if WORKERS in way else points
        yield from each(DEATHS, changing[::2], way=way)
        yield from each(DEATHS, back[1:], during=broken, way=way)
        if way.startswith(SOCKET):
            yield from each(DEATHS, ("mid:retire",), way=way)  # it closes the sockets
        return
    milder = ("SIGKILL of the controller", "Ctrl-C", "reboot", "disk full", "link cut and healed")
    yield from each(DEATHS, points, way=way)
    yield from each(milder, points[1:5:2], way=way)
    rollback = [point for point in points if "stop_processes" not in point]
    yield from each(DEATHS, rollback[:4], during="rollback", way=way)
    yield from each((*DEATHS, "disk full", "reboot"), back, during=broken, way=way)
    yield from each(DEATHS, ("after:activate",), second="mid:undo:settle@0.5", way=way)


def shuffled(found: Sequence[Case], seed: int) -> tuple[Case, ...]:
    """Give them in an order that the seed decides, so that no case leans on the one before.

    Those of one way follow each other: to change it takes a deploy.
    """
    mixed = list(found)
    random.Random(seed).shuffle(mixed)
    return tuple(sorted(mixed, key=lambda case: case.way))


def one_of_each(found: Iterable[Case]) -> tuple[Case, ...]:
    """Give the first case of each kind in each command."""
    first: dict[tuple[str, str, bool], Case] = {}
    for case in found:
        first.setdefault((case.kind, case.during, bool(case.second)), case)
    return tuple(first.values())


def chosen() -> tuple[Case, ...]:
    """Give the few that every run of the tests makes; not all machines have groups for memory."""
    usual = [one for one in cases() if not one.way]
    few = tuple(one for one in usual[::20] if one.kind != "out of memory")
    return (*few, *CHOSEN)
