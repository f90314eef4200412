"""One check of a host, and what it found."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from deployer.core.fact import Fact, Facts

Result = Literal["ok", "warning", "error"]
Raw = Fact[object]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found, and what to do about it."""

    check: str
    result: Result
    text: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """A name, the facts it needs and the judgement; a fact without answer is an error."""

    name: str
    facts: tuple[Raw, ...]
    judge: Callable[[Facts], Finding]
    on_bare_hosts: bool = True
