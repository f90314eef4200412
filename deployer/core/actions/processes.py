"""Processes and timers of the app, beside the instances that serve users."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RunProcesses:
    """Have exactly these units run, from one release, and prove it; all others are removed.

    Their files are those that the release carries. What runs from it already is left alone, so
    doing it twice does nothing. `excused` did not run before: if they still do not, it is only
    told. With no release, all are removed.
    """

    release: str
    units: tuple[str, ...] = ()
    excused: tuple[str, ...] = ()
    settle: float = 3.0


@dataclass(frozen=True, slots=True)
class ProveProcesses:
    """See that these units still run from the release, and were not started again since."""

    release: str
    units: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StopProcesses:
    """Stop these units, each in the time that it is given; of a timer also the run at work."""

    units: tuple[str, ...]
