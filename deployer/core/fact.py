"""Read-only questions to a host, and typed answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar, cast

from deployer.errors import InternalError

Answer_co = TypeVar("Answer_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Fact(Generic[Answer_co]):
    """A question that the agent answers without changing anything, and how to read the answer.

    `key` names the answer within one run; `name` is the agent's question, or "" when the answer
    is the kept output of an earlier action of the same run.
    """

    key: str
    name: str
    parse: Callable[[object], Answer_co] = field(compare=False, repr=False)
    parameters: Mapping[str, object] = field(default_factory=dict, compare=False)

    def question(self) -> dict[str, object]:
        """Give the question in wire form."""
        return {**self.parameters, "fact": self.name, "key": self.key}


Asked = TypeVar("Asked")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a host has answered so far."""

    answers: Mapping[str, object]
    _read: dict[tuple[str, object], object] = field(default_factory=dict, compare=False, repr=False)
    """What was parsed already, by key and parser: each step asks for the app's whole state."""

    def __getitem__(self, fact: Fact[Asked]) -> Asked:
        """Give an answer that was asked for; asking for another one is a bug of the step."""
        if fact.key not in self.answers:
            raise InternalError(f"The fact `{fact.key}` was read before it was asked for.")
        which = (fact.key, fact.parse)
        if which not in self._read:
            self._read[which] = fact.parse(self.answers[fact.key])
        return cast("Asked", self._read[which])

    def __contains__(self, fact: Fact[object]) -> bool:
        """Tell whether a fact was answered."""
        return fact.key in self.answers

    def merged(self, answers: Mapping[str, object]) -> "Facts":
        """Give these facts with newer answers over them."""
        still = {which: value for which, value in self._read.items() if which[0] not in answers}
        return Facts({**self.answers, **answers}, still)
