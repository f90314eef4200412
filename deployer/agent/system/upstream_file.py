"""The web hosts in a balancer's file: which of them are left out, and why.

A line of the file is `server "10.0.0.11:80" weight=1 down; # web1 (by hand)`; the name behind `#`
is that of the host in the inventory, and the reason is there only beside `down`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_SERVER = re.compile(
    r"(?P<head>[ \t]*server[ \t]+(?P<place>[^\s;#]+)[^;#\n]*?)(?P<down>[ \t]+down)?;"
    r"[ \t]*#[ \t]*(?P<host>[a-z0-9._-]+)(?:[ \t]+\((?P<why>[a-z ]+)\))?[ \t]*"
)
_REASON = re.compile(r"[a-z ]+")


@dataclass(frozen=True)
class Server:
    """One web host; `down` says why it is left out, "" if it is not."""

    host: str
    place: str
    down: str


def servers(text: str) -> tuple[Server, ...]:
    """Give the web hosts that a file names."""
    found = (_SERVER.fullmatch(line) for line in text.splitlines())
    return tuple(
        Server(match["host"], match["place"].strip('"'), _why(match)) for match in found if match
    )


def with_down(text: str, down: Mapping[str, str]) -> str:
    """Give the file with just these hosts left out, for these reasons."""
    return "".join(_line(line, down) for line in text.splitlines(keepends=True))


def is_reason(text: str) -> bool:
    """Tell whether a text can stand as a reason in the file."""
    return _REASON.fullmatch(text) is not None


def _why(match: re.Match[str]) -> str:
    return (match["why"] or "by hand") if match["down"] else ""


def _line(line: str, down: Mapping[str, str]) -> str:
    match = _SERVER.fullmatch(line.rstrip("\n"))
    if match is None:
        return line
    why = down.get(match["host"], "")
    told, word = (f" ({why})", " down") if why else ("", "")
    return f"{match['head']}{word}; # {match['host']}{told}\n"
