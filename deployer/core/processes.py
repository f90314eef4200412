"""What an app runs besides its web instances: processes that stay, and timers."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from deployer.core.grammar import Checked, Grammar
from deployer.core.host import Host
from deployer.core.model import Model, Place, refuse_twins, refused
from deployer.core.quantities import Duration, Pause
from deployer.core.values import Role, Word

_LONGEST_STOP = 1800.0
_NAMED = (
    "minutely|hourly|daily|monthly|weekly|yearly|annually|quarterly|semiannually"  # systemd.time(7)
)
_DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6}"
_DAYS = rf"{_DAY}(?:(?:\.\.|,){_DAY})*"
_PART = r"(?:\*|[0-9]{1,4}(?:\.\.[0-9]{1,4})?)(?:/[0-9]{1,4})?"
_PARTS = rf"{_PART}(?:,{_PART})*"
_DATE = rf"(?:{_PARTS}-)?{_PARTS}[-~]{_PARTS}"
_TIME = rf"{_PARTS}:{_PARTS}(?::{_PARTS})?"
_ZONE = r"(?:UTC|[A-Z][A-Za-z_]+(?:/[A-Za-z0-9_+-]+){1,2})"
_WHEN = rf"(?:{_DAYS}(?: {_DATE})?(?: {_TIME})?|{_DATE}(?: {_TIME})?|{_TIME})"
_SCHEDULE = rf"(?:{_NAMED}|{_WHEN})(?: {_ZONE})?"


def _no_dash_at_end(name: str) -> str:
    return "allowed: a letter or digit at the end" if name.endswith("-") else ""


def _runnable(words: tuple[str, ...]) -> tuple[str, ...]:
    if words[0].startswith("-") or "=" in words[0]:
        raise refused("allowed: a program first, by its name or path, then its words")
    if any("$" in word for word in words):
        raise refused("allowed: words without `$`; no shell reads them, so nothing is expanded")
    return words


def _not_too_long(seconds: float) -> float:
    if seconds > _LONGEST_STOP:
        raise refused("allowed: at most 30m, for a deploy waits that long")
    return seconds


ProcessName = Annotated[
    str,
    Grammar(r"[a-z][a-z0-9-]{0,31}", "a lower-case letter, then letters, digits, dashes (max. 32)"),
    Checked(_no_dash_at_end),
]
"""What a process or a timer is called; part of the names of its units."""

ProgramWords = Annotated[
    tuple[Word, ...], Field(min_length=1, max_length=100), AfterValidator(_runnable)
]
"""A program and its words; no shell ever reads them."""

Schedule = Annotated[
    str,
    Grammar(
        _SCHEDULE, "a calendar event of systemd, such as `daily`, `Mon..Fri 03:30`, `*:0/15`", 100
    ),
]
"""When a timer fires, as `OnCalendar=` of systemd takes it (systemd.time(7))."""

Signal = Literal["TERM", "INT", "QUIT", "HUP", "USR1", "USR2"]
"""A signal that asks a process to end."""


StopTime = Annotated[Duration, AfterValidator(_not_too_long)]
"""Seconds that a deploy waits for a program to end."""


class Process(Model):
    """A program that runs as long as the release is live, such as a Celery worker."""

    command: ProgramWords = Field(
        description="The program and its words, such as `[celery, -A, shop, worker]`; programs of "
        "the release come first, and `{replica}` is the number of the copy."
    )
    replicas: Annotated[int, Field(ge=1, le=64)] = Field(
        default=1, description="How many copies run on each host."
    )
    stop_signal: Signal = Field(default="TERM", description="What asks it to end.")
    stop_timeout: StopTime = Field(
        default=30.0,
        description="How long it may take to end: longer than its longest job. Then it is killed.",
    )
    stop_before_migrate: bool = Field(
        default=False, description="Stop it on all hosts before the database is migrated."
    )
    roles: tuple[Role, ...] = Field(
        default=(), description="Only on hosts with one of these roles; empty for all hosts."
    )

    @model_validator(mode="after")
    def _no_twins(self) -> Self:
        refuse_twins("Process", roles=self.roles)
        return self


class Timer(Model):
    """A program that is run again and again by the clock; never twice at once."""

    command: ProgramWords = Field(
        description="The program and its words; programs of the release come first."
    )
    schedule: Schedule = Field(description="When it is run, in the host's time unless it says.")
    persistent: bool = Field(
        default=False, description="Run it at boot if it was missed while the host was off."
    )
    random_delay: Pause = Field(
        default=0.0, description="Put it off by up to so long, by chance: hosts differ."
    )
    timeout: Duration = Field(default=3600.0, description="How long one run may take.")
    roles: tuple[Role, ...] = Field(
        default=(), description="Only on hosts with one of these roles; empty for all hosts."
    )

    @model_validator(mode="after")
    def _no_twins(self) -> Self:
        refuse_twins("Timer", roles=self.roles)
        return self


Processes = Annotated[Mapping[ProcessName, Process], Field(max_length=50)]
Timers = Annotated[Mapping[ProcessName, Timer], Field(max_length=50)]


def contradictions(
    processes: Mapping[str, Process], timers: Mapping[str, Timer], *, migrates: bool
) -> Iterator[tuple[Place, str]]:
    """Say what cannot be meant, each with its place below the app."""
    yield from (
        (("timers", name), "a process has this name already: rename one of them")
        for name in timers
        if name in processes
    )
    yield from (
        (("timers", name, "command"), "`{replica}` is for processes: a timer runs once")
        for name, timer in timers.items()
        if any("{replica}" in word for word in timer.command)
    )
    yield from (
        (("processes", name, "stop_before_migrate"), "this app has no migrations: leave it out")
        for name, process in processes.items()
        if process.stop_before_migrate and not migrates
    )


def nowhere(
    processes: Mapping[str, Process], timers: Mapping[str, Timer], hosts: Mapping[str, Host]
) -> Iterator[tuple[Place, str]]:
    """Say which roles no host has, each with its place in the inventory."""
    running = (host for host in hosts.values() if not host.is_balancer)
    known = sorted({role for host in running for role in host.roles})
    problem = f"no host that runs the app has this role; known are {', '.join(known)}"
    for kind, parts in (("processes", processes), ("timers", timers)):
        for name, part in parts.items():
            yield from (
                (("app", kind, name, "roles", at), problem)
                for at, role in enumerate(part.roles)
                if role not in known
            )


def is_process_name(text: str) -> bool:
    """Tell whether a text can be the name of a process or a timer."""
    return re.fullmatch(r"[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?", text) is not None
