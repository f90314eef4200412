"""Read what nginx says about its configuration, and which names a site has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_PROBLEM = re.compile(
    r"(?:nginx: |\S+ \S+ )?\[(?P<level>emerg|alert|crit|error|warn)\] (?:\d+#\d+: )?(?P<said>.*)"
)
_PLACE = re.compile(r"(?P<what>.*?) in (?P<file>/[^\s:]+):(?P<line>\d+)$")
_SERVER_NAME = re.compile(r"(?:^|[\s;{])server_name\s+([^;]+);")
_COMMENT = re.compile(r"(?:^|\s)#.*")
_CONFLICT = re.compile(r'conflicting server name "([^"]+)"')


@dataclass(frozen=True)
class Problem:
    """One complaint; `file` and `line` are empty where nginx names none."""

    level: str
    said: str
    file: str = ""
    line: int = 0

    def __str__(self) -> str:
        """Give it for people."""
        where = f" at line {self.line}" if self.line else ""
        return f"{self.said}{where}"


def problems(lines: Iterable[str]) -> tuple[Problem, ...]:
    """Read the complaints out of the output of `nginx -t`."""
    found = (_PROBLEM.match(line) for line in lines)
    return tuple(_problem(match.group("level"), match.group("said")) for match in found if match)


def first_error(lines: Sequence[str]) -> Problem:
    """Give what nginx stopped at; with no such line, its last words."""
    errors = [problem for problem in problems(lines) if problem.level != "warn"]
    last = lines[-1] if lines else "nginx said nothing"
    return errors[0] if errors else Problem("emerg", last)


def gave_up(lines: Sequence[str]) -> bool:
    """Tell whether a reload has failed for good: a port in use is tried again for 2.5 s."""
    grave = (problem for problem in problems(lines) if problem.level == "emerg")
    return any(not problem.said.startswith("bind() to ") for problem in grave)


def server_names(site: str) -> frozenset[str]:
    """Give the names that a site answers to."""
    plain = _COMMENT.sub("", site)
    return frozenset(name for match in _SERVER_NAME.findall(plain) for name in match.split())


def conflicts(lines: Iterable[str], ours: frozenset[str]) -> tuple[str, ...]:
    """Give the names of ours that another site has too."""
    named = (_CONFLICT.search(problem.said) for problem in problems(lines))
    return tuple(match.group(1) for match in named if match and match.group(1) in ours)


def _problem(level: str, said: str) -> Problem:
    place = _PLACE.match(said)
    if not place:
        return Problem(level, said)
    return Problem(level, place.group("what"), place.group("file"), int(place.group("line")))
