"""The units of an app's processes and timers as they are on a host.

A dot parts the app from the process: no app's name has one, so `shop.worker@1.service` can never
be a unit of another app.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProcessState:
    """A unit of a process or a timer as it is on a host; `next` is when a timer fires."""

    unit: str
    active: str
    restarts: int = 0
    release: str = ""
    next: str = ""
    over: bool = False
    """Whether a timer never fires again."""
    last: str = ""
    """How a timer's last run ended: `success`, or what systemd calls it; "" if it never ran."""

    @property
    def is_active(self) -> bool:
        """Whether systemd calls it active."""
        return self.active == "active"

    @property
    def name(self) -> str:
        """The name of the process or timer."""
        return name_of(self.unit)

    @property
    def is_timer(self) -> bool:
        """Whether it is a timer."""
        return self.unit.endswith(".timer")


def name_of(unit: str) -> str:
    """Give the name of the process or timer that a unit belongs to."""
    return re.sub(r"(?:@\d*)?\.(?:service|timer)$", "", unit).partition(".")[2]


def gone(before: Iterable[ProcessState], units: Iterable[str]) -> tuple[str, ...]:
    """Name the units of before that run no more."""
    stay = set(units)
    return tuple(one.unit for one in before if one.unit not in stay)


def not_running(before: Iterable[ProcessState]) -> tuple[str, ...]:
    """Name the units of before that did not run: nobody is to blame if they do not afterwards."""
    return tuple(one.unit for one in before if not one.is_active)


def parse_processes(answer: object) -> tuple[ProcessState, ...]:
    """Read what the agent says of the units."""
    items = answer if isinstance(answer, list) else []
    return tuple(_state(one) for one in items if isinstance(one, Mapping))


def _state(data: Mapping[str, object]) -> ProcessState:
    restarts = data.get("restarts")
    return ProcessState(
        unit=str(data.get("unit") or ""),
        active=str(data.get("active") or ""),
        restarts=restarts if isinstance(restarts, int) else 0,
        release=str(data.get("release") or ""),
        next=str(data.get("next") or ""),
        over=data.get("over") is True,
        last=str(data.get("last") or ""),
    )
