"""Which members an archive may hold: pure rules, so that Python's own filters are not needed.

Debian 12's Python 3.11.2 has no filters in tarfile (PEP 706). The policy is one and the same for
all archives: names stay inside the folder, each comes once, nothing but files and folders, no
more members and bytes than allowed. Only an archive of shared files (`links`) may also hold links
that stay inside: symbolic ones that pass through no other link, hard ones to an earlier file.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PurePosixPath

Parts = tuple[str, ...]
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_LARGEST_HEADER = 1024 * 1024
_SHOWN = 120


class Unsafe(ValueError):
    """The archive holds what no archive of ours holds."""


@dataclass(frozen=True)
class Rules:
    """How much an archive may hold in all, and whether links are members."""

    links: bool = False
    members: int = 1_000_000
    size: int = 4 * 1024**3


class Member(tarfile.TarInfo):
    """A member whose header is looked at before tarfile believes its size."""

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        # A negative size sends older versions round in circles (CVE-2025-8194), and a header of
        # gigabytes (long names, PAX) would be read into memory as a whole.
        is_header = self.type in (*tarfile.GNU_TYPES[:2], *_PAX) and not self.isreg()
        if self.size < 0 or (is_header and self.size > _LARGEST_HEADER):
            raise Unsafe("a header of the archive has an impossible size")
        found: tarfile.TarInfo = super()._proc_member(archive)  # type: ignore[misc]  # its own hook
        return found


_PAX = (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE)


def parts_of(name: str) -> Parts:
    """Give the folders and the name inside the root; raises Unsafe for what leaves it."""
    pure = PurePosixPath(name)
    if pure.is_absolute() or ".." in pure.parts:
        raise Unsafe(f"`{shown(name)}` leaves the folder")
    if _CONTROL.search(name):
        raise Unsafe(f"`{shown(name)}` has a control character in its name")
    return pure.parts


def kind_of(member: tarfile.TarInfo, rules: Rules) -> str:
    """Give file, folder, symlink or link; raises Unsafe for everything else."""
    if member.isdir():
        return "folder"
    if member.isreg() and not member.issparse():
        return "file"
    if rules.links and member.issym():
        return "symlink"
    if rules.links and member.islnk():
        return "link"
    what = "sparse" if member.issparse() else "neither a file nor a folder"
    raise Unsafe(f"`{shown(member.name)}` is {what}")


def check_symlink(link: Parts, target: str, links: Collection[Parts]) -> None:
    """Refuse a link that could lead out, also by way of another link of the archive."""
    if target.startswith("/") or not target or _CONTROL.search(target):
        raise Unsafe(f"the link `{shown('/'.join(link))}` leads out of the folder")
    at = list(link[:-1])
    words = target.split("/")
    for number, word in enumerate(words):
        if word in ("", "."):
            continue
        if word != "..":
            at.append(word)
            is_last = number == len(words) - 1
            if tuple(at) in links and not is_last:
                raise Unsafe(f"the link `{shown('/'.join(link))}` goes through another link")
        elif at:
            at.pop()
        else:
            raise Unsafe(f"the link `{shown('/'.join(link))}` leads out of the folder")


def shown(name: str) -> str:
    """Give a name as it may be printed anywhere."""
    text = name.encode("utf-8", "backslashreplace").decode()
    plain = "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)
    return plain if len(plain) <= _SHOWN else plain[:_SHOWN] + "…"
