"""What a person or a CI job asked for, as one value."""

from dataclasses import dataclass
from typing import Literal

OutputKind = Literal["auto", "console", "plain", "json"]


@dataclass(frozen=True, slots=True)
class Request:
    """The words of one command line; empty means: not given."""

    command: str
    env: str = ""
    revision: str = ""
    limit: str = ""
    to: str = ""
    output: str = "auto"
    yes: bool = False
    dry_run: bool = False
    force: bool = False
    verbose: bool = False
