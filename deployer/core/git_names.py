"""Repositories and revisions: what git is allowed to be given."""

import re
from typing import Annotated

from deployer.core.grammar import Checked, Grammar

_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])"
_PATH = r"[A-Za-z0-9._~+/@=-]+"
_HTTPS = rf"https://{_HOST}(?::[0-9]{{1,5}})?/{_PATH}"
_SSH = rf"ssh://(?:[a-z_][a-z0-9_-]*@)?{_HOST}(?::[0-9]{{1,5}})?/{_PATH}"
_SCP = rf"[a-z_][a-z0-9_-]*@{_HOST}:(?!-){_PATH}"
_FILE = rf"file:///{_PATH}"
_LOCAL = r"(?!-)(?![A-Za-z0-9+.-]*:)[A-Za-z0-9._~+/@= -]+"
_REMOTE_FORMS = "https://…, ssh://user@host/path or git@host:path"


def is_local(url: str) -> bool:
    """Tell whether a repository is on this machine."""
    return bool(re.fullmatch(rf"{_FILE}|{_LOCAL}", url)) and not re.fullmatch(_SCP, url)


def ssh_place(url: str) -> str:
    """Name the host of an SSH URL as known_hosts does: `host` or `[host]:port`; "" for others."""
    scp = re.fullmatch(rf"[^@/]+@({_HOST}):.*", url)
    if scp:
        return scp[1].strip("[]")
    found = re.fullmatch(rf"ssh://(?:[^@/]+@)?({_HOST})(?::([0-9]+))?/.*", url)
    if not found:
        return ""
    name = found[1].strip("[]")
    return f"[{name}]:{found[2]}" if found[2] not in {None, "22"} else name


def _url(text: str) -> str:
    if re.match(r"https?://[^/]*@|[a-z]+://[^/@]*:[^/@]*@", text):
        return (
            "allowed: a URL without a user, password or token, which `ps` on hosts would show; "
            "use a deploy key, or `transport: push`"
        )
    if re.fullmatch(rf"{_HTTPS}|{_SSH}|{_SCP}|{_FILE}|{_LOCAL}", text):
        return ""
    return f"allowed: {_REMOTE_FORMS}; with `transport: push` also a path on this machine"


def _revision(text: str) -> str:
    parts = text.split("/")
    wrong = ".." in text or any(
        not part or part.startswith(".") or part.endswith((".lock", ".")) for part in parts
    )
    return f"allowed: {_REVISION}" if wrong or text == "@" else ""


_REVISION = "a branch, a tag or a commit, as git-check-ref-format(1) has it, in ASCII"

GitUrl = Annotated[str, Grammar(r".*", "text on one line", longest=1024), Checked(_url)]
"""Where a repository is."""

Revision = Annotated[
    str,
    Grammar(r"(?!-)[A-Za-z0-9._/@+=#-]+", _REVISION, longest=200),
    Checked(_revision),
]
"""What to deploy: a branch, a tag or a commit."""
