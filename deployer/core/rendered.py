"""A file that was rendered for a host, and where it goes."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """One rendered file; of a secret one only the names of its variables may be shown.

    With the scope `release`, `path` lies below the release's `config/` folder and the file is
    part of the release. With `system` it is the absolute path at which the file is live.
    """

    name: str
    path: str
    content: bytes = field(repr=False)
    mode: int = 0o644
    owner: str = "root"
    group: str = "root"
    scope: Literal["release", "system"] = "system"
    secret: bool = False
