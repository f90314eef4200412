"""Tells whether an ssh_config(5) says the same about every host: then ssh need be asked once."""

import pwd
import re
from collections.abc import Iterator
from pathlib import Path

SYSTEM = Path("/etc/ssh/ssh_config")
DEEPEST = 16
"""Files that include files: as many as ssh follows (readconf.c)."""

_LINE = re.compile(r"\s*(?P<keyword>\w+)(?:\s*=\s*|\s+)(?P<rest>.*?)\s*$")


def files(config: str, user: int) -> tuple[Path, ...]:
    """Give the files that ssh reads; it takes the home folder from the system, not from $HOME.

    Without an entry for the user, as in some containers, ssh refuses to run at all.
    """
    if config:
        return (Path(config),)
    try:
        return (Path(pwd.getpwuid(user).pw_dir) / ".ssh/config", SYSTEM)
    except KeyError:
        return ()


def is_the_same_for_all(paths: tuple[Path, ...]) -> bool:
    """Whether nothing in these files depends on the host; false where that is not plain to see."""
    return all(_is_plain(path, DEEPEST) for path in paths)


def _is_plain(path: Path, deeper: int) -> bool:
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return all(_is_plain_line(*one, deeper) for one in _settings(lines))


def _settings(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        if line.strip() and not line.lstrip().startswith("#"):
            found = _LINE.match(line)
            yield (found["keyword"].lower(), found["rest"]) if found else ("match", line)


def _is_plain_line(keyword: str, rest: str, deeper: int) -> bool:
    match keyword:
        case "match" | "canonicalizehostname" | "hostname" | "proxyjump":
            return False
        case "host":
            return rest == "*"
        case "include":
            return deeper > 0 and _are_plain(rest, deeper - 1)
        case _:
            return "%" not in rest  # such as %h, the name of the host


def _are_plain(patterns: str, deeper: int) -> bool:
    """Look at included files; names that are not simply absolute are left to ssh."""
    names = patterns.split()
    if not all(name.startswith("/") for name in names) or any(sign in patterns for sign in "\"'$%"):
        return False
    found = [path for name in names for path in Path("/").glob(name[1:])]
    return all(_is_plain(path, deeper) for path in found)
