"""What the commit that a deploy takes lacks: of the working folder, and of what is live."""

from collections.abc import Iterable
from typing import Protocol

_NAMED = 3
_SHORT = 7
_READ_FROM_HERE = ("inventories", ".lab", "tasks.py")
"""Read from the working folder, or no part of the app: they need no commit to count."""


class WorkingFolder(Protocol):
    """A repository whose files somebody works on."""

    def checked_out(self) -> tuple[str, str]:
        """Give the branch ("" for none) and the commit that are checked out."""
        ...

    def uncommitted(self) -> tuple[str, ...]:
        """Name the files that are changed or new and not committed."""
        ...


def left_behind(folder: WorkingFolder, asked: str, wanted: str, commit: str) -> tuple[str, ...]:
    """Give the warnings for a deploy of `wanted`, which is `commit`.

    Whoever `asked` for a revision other than the one that is checked out knows what they do.
    """
    branch, head = folder.checked_out()
    is_head = commit == head
    if not head or (asked and not is_head):
        return ()
    other = () if is_head else (_other(branch, head, wanted, commit),)
    files = [name for name in folder.uncommitted() if _is_of_the_app(name)]
    return (*other, *((_uncommitted(files),) if files else ()))


class History(Protocol):
    """A repository that knows which commit came first."""

    def is_before(self, older: str, newer: str) -> bool:
        """Tell whether a commit is part of the history of another one."""
        ...


def step_back(history: History, live: Iterable[str], commit: str) -> tuple[str, ...]:
    """Give the warning for a deploy of a commit that what is live has grown out of."""
    newer = next((one for one in live if one and history.is_before(commit, one)), "")
    if not newer:
        return ()
    text = f"{commit[:_SHORT]} is older than what is live ({newer[:_SHORT]}), so this takes changes"
    return (f"{text} back; `inv rollback` is the way to a release that was proven good",)


def _other(branch: str, head: str, wanted: str, commit: str) -> str:
    here = f"`{branch}` ({head[:_SHORT]})" if branch else head[:_SHORT]
    return f"this is about `{wanted}` ({commit[:_SHORT]}), but {here} is checked out here"


def _uncommitted(files: list[str]) -> str:
    more = ", …" if len(files) > _NAMED else ""
    names = ", ".join(f"`{name}`" for name in files[:_NAMED]) + more
    if len(files) == 1:
        return f"{names} is changed and not committed, so the change is not deployed"
    return f"{len(files)} files are changed and not committed, so they are not deployed: {names}"


def _is_of_the_app(name: str) -> bool:
    parts = name.split("/")
    return not parts[-1].startswith(".env") and not any(one in parts for one in _READ_FROM_HERE)
