"""Read-only questions to a host, and typed answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

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

    def __getitem__(self, fact: Fact[Asked]) -> Asked:
        """Give an answer that was asked for; asking for another one is a bug of the step."""
        if fact.key not in self.answers:
            raise InternalError(f"The fact `{fact.key}` was read before it was asked for.")
        return fact.parse(self.answers[fact.key])

    def __contains__(self, fact: Fact[object]) -> bool:
        """Tell whether a fact was answered."""
        return fact.key in self.answers

    def merged(self, answers: Mapping[str, object]) -> "Facts":
        """Give these facts with newer answers over them."""
        return Facts({**self.answers, **answers})
