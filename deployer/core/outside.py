"""What is asked of a release from outside, and what the answers mean; all as values."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from deployer.core.actions.health import CheckHealth
from deployer.core.fact import Fact
from deployer.core.host_facts import mapping
from deployer.core.order import parameters


@dataclass(frozen=True, slots=True)
class Door:
    """Where users knock: the host's own front as it names it, a site, a path, good statuses."""

    front: str
    site: str
    path: str
    expect_status: tuple[int, ...] = (200,)


@dataclass(frozen=True, slots=True)
class Seen:
    """What came back to a knock: a status, or why there was none."""

    status: int = 0
    problem: str = ""


Knock = Callable[[str, Door], Seen]
"""Asks a host at its address, from this machine; trouble is an answer too."""


@dataclass(frozen=True, slots=True)
class Inside:
    """What the host itself says of its release, and the first thing that it asked it."""

    healthy: bool
    cause: str = ""
    door: Door | None = None


def inside(check: CheckHealth) -> Fact[Inside]:
    """Ask a host for one round of its own health check."""
    return Fact("inside", "health", _inside, parameters(check))


def verdict(before: Seen | None, now: Seen, door: Door) -> tuple[str, str]:
    """Give what is wrong with an answer from outside, and what only a person should know.

    What was the same before the run began is not the fault of the release: a firewall between us
    and the host, a page that is for the host only. `before` is None if nobody looked.
    """
    if now.problem:
        if before is not None and before.problem:
            return "", f"cannot be reached from this machine ({now.problem}), as before"
        return f"`{door.path}` cannot be reached from outside: {now.problem}", ""
    if now.status in door.expect_status:
        return "", ""
    if before is not None and before.status == now.status:
        return "", f"answered {now.status} to this machine, as before"
    return f"`{door.path}` answered {now.status} from outside, not {_wishes(door)}", ""


def _wishes(door: Door) -> str:
    return " or ".join(str(one) for one in door.expect_status)


def _inside(answer: object) -> Inside:
    data = mapping(answer)
    asked = mapping(data.get("asked"))
    statuses = asked.get("expect_status")
    door = Door(
        front=str(asked.get("front") or ""),
        site=str(asked.get("host") or ""),
        path=str(asked.get("path") or "/"),
        expect_status=tuple(cast("list[int]", statuses)) if isinstance(statuses, list) else (200,),
    )
    cause = str(data.get("cause") or data.get("error") or "")
    return Inside(data.get("healthy") is True, cause, door if door.front else None)
