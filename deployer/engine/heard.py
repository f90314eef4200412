"""What the agent on one host says, scrubbed of secrets: texts, events, refusals."""

from collections.abc import Callable, Mapping

from deployer.core.event import (
    ActionStarted,
    Event,
    Noticed,
    OutputLine,
    StepFinished,
    StepStarted,
)
from deployer.core.transport import Message
from deployer.errors import AgentRefused, HostBroken, Locked


class Heard:
    """Reads an agent's messages."""

    def __init__(self, host: str, redact: Callable[[str], str]) -> None:
        self._host = host
        self._redact = redact

    def text(self, message: Mapping[str, object], key: str) -> str:
        """Give a text of a message; "" if there is none."""
        value = message.get(key)
        return self._redact(value) if isinstance(value, str) else ""

    def log(self, message: Message) -> tuple[str, ...]:
        """Give the last lines that come with bad news."""
        lines = message.get("log")
        return tuple(self._redact(str(one)) for one in lines) if isinstance(lines, list) else ()

    def event(self, message: Message) -> Event | None:
        """Give what a message tells of the work; None for one that tells nothing."""
        step = self.text(message, "step")
        match message.get("event"), message.get("state"):
            case "step", "started":
                return StepStarted(self._host, step)
            case "step", "finished":
                return StepFinished(
                    self._host,
                    step,
                    seconds(message),
                    changed=message.get("changed") is not False,
                    note=self.text(message, "note"),
                )
            case "action", _:
                return ActionStarted(self._host, step, self.text(message, "text"))
            case "line", _:
                return OutputLine(self._host, step, self.text(message, "line"))
            case "notice", _:
                level = self.text(message, "level") or "info"
                return Noticed(self.text(message, "text"), level, self._host)
            case _:
                return None

    def refusal(self, answer: Message) -> Locked | AgentRefused | HostBroken:
        """Give the error for what the agent would not do."""
        text = f"`{self._host}`: {self.text(answer, 'message')}"
        hint = self.text(answer, "hint")
        if answer.get("why") in {"locked", "held", "stale"}:
            return Locked(text, hint=hint)
        if answer.get("why") == "broken":
            return HostBroken(text, host=self._host, hint=hint)
        return AgentRefused(text, host=self._host, hint=hint)


def seconds(message: Mapping[str, object]) -> float:
    """Give how long something took."""
    value = message.get("seconds")
    return float(value) if isinstance(value, int | float) else 0.0
