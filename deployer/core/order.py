"""What the controller sends to a host: steps with their actions and undo, in wire form."""

import dataclasses
from dataclasses import dataclass

from deployer.core.action import Action
from deployer.core.command import Command


@dataclass(frozen=True, slots=True)
class OrderedStep:
    """One step for one host: what to do, and how it is undone (written down first)."""

    name: str
    do: tuple[Action, ...]
    undo: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """The steps of one phase for one host."""

    phase: str
    steps: tuple[OrderedStep, ...]


def parameters(action: Action) -> dict[str, object]:
    """Give the fields of an action that holds no bytes, for a fact that asks what it would do."""
    return {key: value for key, value in Wire().action(action).items() if key != "action"}


class Wire:
    """Turns actions into JSON values; bytes go into `blobs` and leave their index behind."""

    def __init__(self) -> None:
        self.blobs: list[bytes] = []

    def action(self, action: Action) -> dict[str, object]:
        """Give one action as a JSON object whose key `action` is its name."""
        return {"action": type(action).__name__, **self._fields(action)}

    def order(self, order: Order) -> dict[str, object]:
        """Give an order as the JSON message that the agent takes."""
        return {
            "verb": "order",
            "phase": order.phase,
            "steps": [
                {
                    "name": step.name,
                    "do": [self.action(action) for action in step.do],
                    "undo": [self.action(action) for action in step.undo],
                }
                for step in order.steps
            ],
        }

    def _fields(self, value: object) -> dict[str, object]:
        return {
            field.name: self._value(getattr(value, field.name))
            for field in dataclasses.fields(value)  # type: ignore[arg-type]  # only dataclasses come here
        }

    def _value(self, value: object) -> object:
        if value is None or isinstance(value, str | int | float):
            return value
        if isinstance(value, bytes):
            self.blobs.append(value)
            return {"blob": len(self.blobs) - 1}
        if isinstance(value, Command):
            return list(value.words)
        if isinstance(value, tuple):
            return [self._value(item) for item in value]
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {"kind": type(value).__name__, **self._fields(value)}
        return value
