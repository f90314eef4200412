"""The form of every name that comes in from outside."""

from __future__ import annotations

import re

_APP = re.compile(r"[a-z][a-z0-9-]{0,31}")
_RUN = re.compile(r"[a-z0-9-]{1,40}")
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_RELEASE = re.compile(r"\d{6}-[0-9a-f]{7,12}")
_PROCESS = re.compile(r"[1-9][0-9]{0,9}")
_REVISION = re.compile(r"[0-9a-f]{7,64}")
PHASES = ("PREPARE", "BUILD", "PUBLISH", "VERIFY", "FINISH")


class WrongWord(ValueError):
    """A name from outside does not have the form that it must have."""


def app_name(value: object) -> str:
    """Check the name of an app."""
    return _checked(_APP, value, "the name of an app")


def run_id(value: object) -> str:
    """Check the id of a run."""
    return _checked(_RUN, value, "the id of a run")


def host_name(value: object) -> str:
    """Check the name that a host has in the inventory."""
    return _checked(_HOST, value, "the name of a host")


def release_id(value: object) -> str:
    """Check the id of a release."""
    return _checked(_RELEASE, value, "the id of a release")


def revision(value: object) -> str:
    """Check the name of a commit."""
    return _checked(_REVISION, value, "the hash of a commit")


def process_id(value: object) -> int:
    """Check the number of a process."""
    return int(_checked(_PROCESS, value, "the number of a process"))


def phase(value: object) -> str:
    """Check the name of a phase."""
    if isinstance(value, str) and value in PHASES:
        return value
    raise WrongWord(f"`{str(value)[:40]}` is not a phase")


def _checked(pattern: re.Pattern[str], value: object, what: str) -> str:
    if isinstance(value, str) and pattern.fullmatch(value):
        return value
    raise WrongWord(f"`{str(value)[:60]}` is not {what}")
