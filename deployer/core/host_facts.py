"""Typed questions about a host: disk, interpreter, files, repository, finished folders."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from deployer.core.fact import Fact


@dataclass(frozen=True, slots=True)
class Disk:
    """Room at a place, in bytes and inodes; places with one `device` share it."""

    free: int
    total: int
    inodes_free: int
    inodes_total: int
    device: int = 0


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python on the host; `version` is "" when there is none."""

    version: str = ""
    path: str = ""
    has_venv: bool = False


@dataclass(frozen=True, slots=True)
class RepositoryState:
    """The bare mirror on the host: which commits it can build on."""

    exists: bool
    tips: tuple[str, ...]
    has: Mapping[str, bool]


def disk(places: Iterable[str]) -> Fact[Mapping[str, Disk]]:
    """Ask how much room there is at these places."""
    return Fact("disk", "disk", _disks, {"paths": list(places)})


def python(interpreter: str) -> Fact[Interpreter]:
    """Ask about an interpreter by name or path."""
    return Fact(f"python:{interpreter}", "python", _interpreter, {"python": interpreter})


def file_digests(paths: Iterable[str], key: str = "files") -> Fact[Mapping[str, str]]:
    """Ask for the sha256 of live files; "" for one that is not there."""
    return Fact(key, "files", _digests, {"paths": list(paths)})


def release_files(release: str) -> Fact[Mapping[str, str]]:
    """Ask for the sha256 of the live files that a release carries, by live path."""
    return Fact(f"config:{release}", "config", _texts, {"release": release})


def damage(*releases: str) -> Fact[Mapping[str, str]]:
    """Ask what is wrong with releases, "" for nothing; without any named, with the live one."""
    key = ":".join(("damage", *releases))
    return Fact(key, "damage", _texts, {"releases": list(releases)})


def repository(revisions: Iterable[str]) -> Fact[RepositoryState]:
    """Ask what the bare mirror has."""
    return Fact("repository", "repository", _repository, {"revisions": list(revisions)})


def is_complete(path: str, marker: str) -> Fact[bool]:
    """Ask whether a folder was finished: its marker is written last."""
    return Fact(f"complete:{path}", "complete", _truth, {"path": path, "marker": marker})


def kept(key: str) -> Fact[Mapping[str, object]]:
    """Read what an earlier action of this run gave back under `keep`."""
    return Fact(key, "", mapping)


def mapping(answer: object) -> Mapping[str, object]:
    """Read an answer as a JSON object; anything else is an empty one."""
    return cast("Mapping[str, object]", answer) if isinstance(answer, Mapping) else {}


def _truth(answer: object) -> bool:
    return answer is True


def _texts(answer: object) -> Mapping[str, str]:
    return {path: str(digest) for path, digest in mapping(answer).items()}


def _digests(answer: object) -> Mapping[str, str]:
    return {path: str(mapping(one).get("sha256", "")) for path, one in mapping(answer).items()}


def _disks(answer: object) -> Mapping[str, Disk]:
    return {place: _disk(mapping(one)) for place, one in mapping(answer).items()}


def _disk(data: Mapping[str, object]) -> Disk:
    names = ("free", "total", "inodes_free", "inodes_total", "device")
    return Disk(*(cast("int", data.get(name, 0)) for name in names))


def _interpreter(answer: object) -> Interpreter:
    data = mapping(answer)
    return Interpreter(
        version=str(data.get("version") or ""),
        path=str(data.get("path") or ""),
        has_venv=data.get("venv") is True,
    )


def _repository(answer: object) -> RepositoryState:
    data = mapping(answer)
    tips = data.get("tips")
    return RepositoryState(
        exists=data.get("exists") is True,
        tips=tuple(str(tip) for tip in tips) if isinstance(tips, list) else (),
        has={revision: known is True for revision, known in mapping(data.get("has")).items()},
    )
