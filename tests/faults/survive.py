"""Takes one host through one case, from a healthy app to a healthy app, and judges what it saw."""

import json
import random
import signal
import time
from collections.abc import Iterator

from deployer.lab.machine import wait_until
from tests.faults import verdict, ways
from tests.faults.case import Case, Result
from tests.faults.commands import Command
from tests.faults.kinds import HOST_OFF, INSIDE, LINK, OUTSIDE, RANDOM, UNIT, WAITS, Struck, power
from tests.faults.lane import Lane
from tests.faults.matrix import BESIDE, STEPS, UNCONFIRMED, mid
from tests.faults.restores import backed_up, of_the_rows
from tests.faults.settled import wait_until_settled
from tests.faults.users import Users

REACHED_SECONDS = 60.0
AGAIN_SECONDS = 30.0
SERVED_SECONDS = 30.0
SHOTS_OF_TWO = 2
LATEST = 1.2
NOTICED_SECONDS = 20.0
"""15 are promised; the rest is for a machine that has more to do."""
CODES = {"committed": 0, "rolled_back": 6, "aborted": 9}
NEVER_BEGUN = "never begun"
HOLD = ("hold", "--reason", "a fault is tried")
HOLDS = ("hold", "unhold")
UNREACHABLE, UNKNOWN, ABORTED = 4, 7, 9
INTERRUPTED = 130
KILLED = -9
CONTROLLER = "of the controller"


def survive(lane: Lane, case: Case, result: Result) -> None:
    """Inject the fault; the result says what was not as it must be."""
    ways.take(lane, case.way)
    began = time.monotonic()
    old = lane.live
    with Users(lambda: lane.leader, f"{lane.host.name}-{lane.next_case()}") as users:
        it = strike(lane, case, result)
        lane.disarm()
        result.outcome = verdict.end_of(lane, it.about.run) or NEVER_BEGUN
        result.problems += judge(lane, users, it, result, old)
        if case.during in HOLDS:
            result.problems += what_holds(lane, result)
        result.problems += what_comes_next(lane)
    lane.sent |= users.sent
    lane.known |= users.acknowledged
    result.seconds = round(time.monotonic() - began, 1)


def strike(lane: Lane, case: Case, result: Result) -> Struck:
    """Start the command, let the fault strike, and wait until the host has put itself right."""
    backup = backed_up(lane) if case.during == "restore" else None
    open_run = leave_open(lane) if case.during == "recover" else None
    ways.change(lane, case.way)
    words = backup.words if backup else wanted(lane, case)
    arm(lane, case)
    it = Struck(lane, lane.start(*words), backup=backup, left=open_run)
    try:
        result.fired = inject(it, case)
        if case.second:
            result.fired = result.fired and strike_again(lane, case, it)
        result.exit_code = ended(it.command, lane.command_seconds)
        if result.exit_code is None:
            result.problems.append("the controller hangs")
    finally:
        it.mended()
    if it.needs_boot:
        power(it)
    back = it.off[1] or it.struck
    left = wait_until_settled(lane)
    if left:
        result.problems.append(f"the host has not put itself right: {left}")
    result.recovered = round(it.recovered or time.monotonic() - back, 2)
    result.noticed = round(it.noticed, 1)
    return it


def ended(command: Command, seconds: float) -> int | None:
    """Wait for the end of a command and give its exit code; one that hangs is killed."""
    if command.ended.wait(seconds):
        return command.code
    command.signal(signal.SIGKILL)
    command.wait()
    return None


def inject(it: Struck, case: Case) -> bool:
    """Wait for the point and strike; tells whether the point was reached."""
    if case.kind in RANDOM:
        chance = random.Random(f"{case.kind} {case.seed}")
        it.command.ended.wait(chance.uniform(0.0, LATEST * it.lane.usual_seconds))
        it.struck = time.monotonic()
        RANDOM[case.kind](it)
        return True
    outside = OUTSIDE.get(case.kind)
    seen = it.lane.reached if outside else it.lane.fired
    wait_until(lambda: bool(seen()) or it.command.ended.is_set(), seconds=REACHED_SECONDS)
    it.struck = time.monotonic()
    is_reached = bool(seen())
    if outside and is_reached:
        outside(it)
    return is_reached


def strike_again(lane: Lane, case: Case, it: Struck) -> bool:
    """Disturb the recovery as well; tells whether that point was reached."""
    if case.kind != "power loss":
        return wait_until(lambda: lane.fired() == SHOTS_OF_TWO, seconds=AGAIN_SECONDS)
    found = wait_until(lambda: bool(lane.reached()), seconds=AGAIN_SECONDS)
    lane.disarm_durably()
    if found:
        power(it)
    return found


def wanted(lane: Lane, case: Case) -> tuple[str, ...]:
    """Give the command that is at work when the fault strikes."""
    match case.during:
        case "deploy":
            return "deploy", "--revision", lane.revise()
        case "broken deploy" | "dead worker" as what:
            broken = ways.DEAD_WORKER if what == "dead worker" else "health"
            return "deploy", "--revision", lane.revise(broken=broken)
        case "first packages":
            return "deploy", "--revision", lane.revise(lock=str(time.time()))
        case "hold":
            return HOLD
        case "unhold":
            lane.must(*HOLD)
            return "unhold", "--id", str(verdict.hold_of(lane)["id"])
        case other:
            return (other,)


def leave_open(lane: Lane) -> Command:
    """Leave a deploy in its middle, as if nothing were there that recovers it."""
    lane.arm({"point": "after:activate", "do": "kill"}, removed=[*lane.removed, "guard"])
    command = lane.start("deploy", "--revision", lane.revise())
    wait_until(lambda: bool(lane.fired()) or command.ended.is_set(), seconds=REACHED_SECONDS)
    command.signal(signal.SIGKILL)
    command.wait()
    return command


def arm(lane: Lane, case: Case) -> None:
    """Lay out the shots of the case."""
    shot = dict(INSIDE.get(case.kind, {"do": WAITS.get(case.kind, "wait")}))
    shots = [aimed(shot, case.point)]
    plan: dict[str, object] = {"unit": dict(UNIT.get(case.kind, {}))}
    if case.second:
        again = aimed(shot, case.second)
        if case.kind == "power loss":
            lane.arm_durably(again)
        else:
            shots.append(again)
    lane.arm(*shots, **plan)


def aimed(shot: dict[str, object], point: str) -> dict[str, object]:
    """Give the shot at a point; `mid:restart@0.2` is when a fifth of the step is done."""
    name, _, at = point.partition("@")
    return {**shot, "point": name, **({"at": float(at)} if at else {})}


def judge(lane: Lane, users: Users, it: Struck, result: Result, old: str) -> Iterator[str]:
    """Look from all sides."""
    if not result.fired:
        yield f"the point {result.case.point} was never reached: {said(it.command)}"
    yield from count_lost(users, it, result)
    new = lane.target_of_rollback if result.case.during == "rollback" else it.about.release
    yield from verdict.problems(lane, users, old, new or old)
    yield from ways.of_the_way(lane)
    if it.backup:
        committed = result.outcome == "committed"
        yield from of_the_rows(lane, users, it.backup, it.command.run, swapped=committed)
    else:
        yield from verdict.of_the_rows(lane, users)
    expected = new if result.outcome == "committed" and new else old
    if lane.live != expected:
        yield f"journal: the run ended {result.outcome}, but {lane.live} is live"
    if result.exit_code == 0 and new and lane.live != new:
        yield f"exit: 0, but {lane.live} is live and not {new}"
    yield from it.notes
    if result.noticed > NOTICED_SECONDS:
        yield f"link: it took {result.noticed:.1f} s until a dead one was told"
    for problem in of_the_exit(result.case, result):
        yield f"{problem}: {said(it.command)}"
    strangers = {one.release for one in tuple(users.answers) if one.release} - {old, new}
    if strangers:
        yield f"users: {strangers} answered"


def count_lost(users: Users, it: Struck, result: Result) -> Iterator[str]:
    """Count lost requests, those apart that came while the host was off or still booting."""
    off_from, off_until = it.off
    if off_until:
        off_until = users.served_after(off_until, SERVED_SECONDS)
        if not off_until:
            yield "users: nobody is served after the boot"
    apart = users.lost(off_from, off_until)
    lost = [one for one in users.lost(0.0, time.monotonic()) if one not in apart]
    result.lost_while_off, result.lost = len(apart), len(lost)
    result.losses = [f"{one.asked - it.struck:+.2f} s: {one.problem}" for one in lost[:3]]
    result.asked = users.asked(0.0, time.monotonic())


def of_the_exit(case: Case, result: Result) -> Iterator[str]:
    """The exit code is the truth about the host."""
    allowed = {CODES.get(result.outcome)}
    if result.outcome == NEVER_BEGUN:
        allowed = {UNREACHABLE, ABORTED, UNKNOWN}
    if (
        case.kind in (*LINK, *HOST_OFF, "frozen host")
        or "of the agent" in case.kind
        or "of the unit" in case.kind
    ):
        allowed.add(UNKNOWN)
    if case.kind.startswith(f"SIGKILL {CONTROLLER}"):
        allowed |= {KILLED}
    if "Ctrl-C" in case.kind or case.kind in (f"SIGTERM {CONTROLLER}", "cancelled CI job"):
        allowed |= {INTERRUPTED, KILLED}
    if is_stopped_early(case) and result.outcome == "committed":
        yield f"exit: {case.kind} at {case.point} stopped nothing: the run was committed"
    if result.exit_code not in allowed:
        yield f"exit: {result.exit_code}, though the run ended {result.outcome}: {allowed}"


def is_stopped_early(case: Case) -> bool:
    """Tell whether the controller goes before it can have confirmed."""
    stops = "Ctrl-C" in case.kind or case.kind == "cancelled CI job" or CONTROLLER in case.kind
    point = case.point.partition("@")[0]
    return stops and point in (*mid((*STEPS, *BESIDE)), *UNCONFIRMED)


def what_holds(lane: Lane, result: Result) -> Iterator[str]:
    """The app is held or it is not, as the command said; a hold that is there can be taken away."""
    hold = verdict.hold_of(lane)
    if hold and hold.get("why") != HOLD[-1]:
        yield f"hold: its file is not whole: {hold}"
    when, _, _ = result.case.point.partition(":")
    is_done = when == "after" or result.exit_code == 0
    if when != "mid" and bool(hold) != ((result.case.during == "hold") == is_done):
        yield f"hold: struck {result.case.point}, exit {result.exit_code}, but the hold is {hold}"
    if hold:
        lane.must("unhold", "--id", str(hold.get("id")))


def what_comes_next(lane: Lane) -> Iterator[str]:
    """Status tells, and a new revision can be deployed at once."""
    status = lane.start("status")
    if status.wait():
        yield f"next: status ended with {status.code}: {status.output()[-500:]}"
    shown = verdict.told(status.output())
    rows = shown.get("rows")
    row = rows[0] if isinstance(rows, list) and rows else {}
    if row.get("live") != lane.live:
        yield f"next: status shows {json.dumps(row)}"
    deploy = lane.start("deploy", "--revision", lane.revise())
    if deploy.wait():
        yield f"next: a new revision cannot be deployed: {said(deploy)}"
    elif lane.live != deploy.release:
        yield "next: the deploy says committed, but another release is live"


def said(command: Command) -> str:
    """Give how a command ended and what it printed last."""
    return f"{command.code}: {command.output()[-1500:]}"
