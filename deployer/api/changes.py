"""Which files a plan would change on a host, as unified diffs where content may be shown."""

import hashlib
from collections.abc import Mapping

from deployer.api.environment import Environment
from deployer.core.fact import Fact
from deployer.core.host_facts import file_digests, mapping
from deployer.core.preview import FileChange
from deployer.core.rendered import RenderedFile
from deployer.core.step import Target
from deployer.engine.session import Session
from deployer.rendering.diff import difference

_OF_EVERY_RELEASE = {"release.env", "probes.json", "digest"}
"""Files that are always new; showing them would say nothing."""


def changes(at: Environment, session: Session, on: Target, live: str) -> tuple[FileChange, ...]:
    """Compare what the plan brings with what is live; asks for digests, then for texts."""
    wanted = {file.path: file.sha256 for file in on.live_files}
    configs = {
        f"{on.layout.release(live)}/config/{file.path}": file
        for file in on.files
        if live and file.scope == "release" and file.path not in _OF_EVERY_RELEASE
    }
    wanted.update((path, _sha256(file)) for path, file in configs.items())
    digests = file_digests(wanted, key="files to compare")
    session.ask((digests,))
    present = session.facts[digests]
    changed = [path for path, digest in wanted.items() if present.get(path, "") != digest]
    diffs = _diffs(at, session, on, [path for path in changed if path not in configs])
    return tuple(
        FileChange(configs[path].path if path in configs else path, diffs.get(path, ""))
        for path in changed
    )


def _diffs(at: Environment, session: Session, on: Target, paths: list[str]) -> Mapping[str, str]:
    wanted = {file.path: file for file in on.files if file.path in paths}
    if not wanted:
        return {}
    texts = Fact("texts", "texts", _texts, {"paths": list(wanted)})
    session.ask((texts,))
    present = session.facts[texts]
    return {
        path: at.redact(difference(path, present.get(path), file.content, secret=file.secret))
        for path, file in wanted.items()
    }


def _texts(answer: object) -> Mapping[str, bytes]:
    return {path: text.encode() for path, text in mapping(answer).items() if isinstance(text, str)}


def _sha256(file: RenderedFile) -> str:
    return hashlib.sha256(file.content).hexdigest()
