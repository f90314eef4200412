"""One host during one run: our side of the conversation with its agent."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from deployer.core.action import Action
from deployer.core.event import (
    ActionStarted,
    Emit,
    OutputLine,
    RecoveryFinished,
    RecoveryStarted,
    StepFailed,
    StepFinished,
    StepStarted,
)
from deployer.core.fact import Fact, Facts
from deployer.core.order import Order, Wire
from deployer.core.plan import Plan
from deployer.core.report import Outcome
from deployer.core.transport import Channel, Message
from deployer.errors import AgentRefused, Locked

_ANSWER = 60.0
_ORDER = 3600.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How an order ended on a host."""

    ok: bool
    step: str = ""
    cause: str = ""
    hint: str = ""


class Session:
    """Asks, orders, undoes and commits on one host, and turns what it hears into events."""

    def __init__(
        self, host: str, app: str, channel: Channel, emit: Emit, redact: Callable[[str], str]
    ) -> None:
        self.host = host
        self.facts = Facts({})
        self.began = False
        self.channel = channel
        self._app = app
        self._emit = emit
        self._redact = redact

    def ask(self, facts: Iterable[Fact[object]], *, strict: bool = True) -> None:
        """Ask all of these in one round trip; answers join `facts`.

        A fact that the host cannot answer raises AgentRefused, or (not `strict`) its answer is
        `{"error": why}`.
        """
        asked = {fact.key: fact.question() for fact in facts if fact.name}
        if not asked:
            return
        self.channel.send({"verb": "facts", "app": self._app, "ask": list(asked.values())})
        answers = _mapping(self._await("facts", _ANSWER).get("answers"))
        for key, answer in answers.items():
            error = answer.get("error") if isinstance(answer, Mapping) else None
            if strict and isinstance(error, str):
                raise AgentRefused(
                    f"`{self.host}` could not answer `{key}`: {self._redact(error)}",
                    host=self.host,
                    hint="run `inv check` to see what is wrong with the host",
                )
        self.facts = self.facts.merged(answers)

    def begin(self, plan: Plan) -> None:
        """Open the run on the host: its lock, its journal; raises Locked or AgentRefused."""
        wire = Wire()
        release = plan.target(self.host).release if plan.release else None
        self.channel.send(
            {
                "verb": "begin",
                "app": self._app,
                "run": plan.run,
                "command": plan.command,
                "actor": plan.actor,
                "release": release
                and {"id": release.id, "number": release.number, "revision": release.revision},
                "fence": plan.fences.get(self.host),
                "settle": self._wired(plan.settle.get(self.host, ()), wire),
                "limit": int(_ORDER * 2),
            },
            wire.blobs,
        )
        answer = self._await(("begun", "refused"), _ANSWER * 2)
        if answer["event"] == "refused":
            raise self._refusal(answer)
        self.began = True

    def order(self, order: Order) -> Ended:
        """Have the host carry out an order, and say how it ended."""
        self.send_order(order)
        return self.await_order()

    def send_order(self, order: Order) -> None:
        """Send an order without waiting for its end."""
        wire = Wire()
        message = wire.order(order)
        self.channel.send(message, wire.blobs)

    def await_order(self) -> Ended:
        """Wait for the end of the order that was sent; its results join `facts`."""
        answer = self._await("order", _ORDER)
        self.facts = self.facts.merged(_mapping(answer.get("results")))
        if answer.get("ok") is True:
            return Ended(ok=True)
        step, cause = self._text(answer, "step"), self._text(answer, "cause")
        log = answer.get("log")
        hint = self._text(answer, "hint")
        self._emit(
            StepFailed(
                host=self.host,
                step=step,
                seconds=_seconds(answer),
                cause=cause,
                hint=hint,
                log=tuple(self._redact(str(one)) for one in log) if isinstance(log, list) else (),
            )
        )
        return Ended(ok=False, step=step, cause=cause, hint=hint)

    def provision(self, wanted: tuple[dict[str, object], list[bytes]]) -> Ended:
        """Have a bare host prepare itself; it answers like for an order."""
        message, blobs = wanted
        self.channel.send(message, blobs)
        return self.await_order()

    def stream(self, message: Message, on_line: Callable[[str], None], *, silence: float) -> int:
        """Run a program on the host, hand on its lines, and give its exit code.

        `silence` is how many seconds it may print nothing. Raises AgentRefused when it was not
        started or did not end by itself.
        """
        self.channel.send({**message, "verb": "stream", "app": self._app})
        while True:
            answer = self._await(("line", "exit", "refused"), silence)
            match answer["event"]:
                case "line":
                    on_line(self._text(answer, "line"))
                case "exit" if cause := self._text(answer, "cause"):
                    hint = self._text(answer, "hint")
                    raise AgentRefused(f"`{self.host}`: {cause}", host=self.host, hint=hint)
                case "exit":
                    code = answer.get("code")
                    return code if isinstance(code, int) else 1
                case _:
                    raise self._refusal(answer)

    def undo(self, reason: str) -> Outcome:
        """Have the host put itself back; says how that went."""
        self._emit(RecoveryStarted(self.host, reason))
        self.channel.send({"verb": "undo", "reason": reason})
        answer = self._await("undone", _ORDER)
        outcome = Outcome(self._text(answer, "outcome").replace("_", "-"))
        log = answer.get("log")
        self._emit(
            RecoveryFinished(
                self.host,
                outcome,
                self._text(answer, "cause"),
                tuple(self._redact(str(one)) for one in log) if isinstance(log, list) else (),
            )
        )
        self.began = False
        return outcome

    def send_commit(self) -> None:
        """Ask the host to make the release good, without waiting."""
        self.channel.send({"verb": "commit"})

    def await_commit(self) -> None:
        """Wait until the host has it on disk."""
        answer = self._await(("committed", "refused"), _ANSWER)
        if answer["event"] == "refused":
            raise self._refusal(answer)
        self.began = False

    def cancel(self) -> None:
        """Ask the host to stop what it is doing; safe from another thread."""
        self.channel.send({"verb": "cancel"})

    def close(self) -> None:
        """Say goodbye and close the connection."""
        self.channel.close()

    def _await(self, events: str | tuple[str, ...], timeout: float) -> Message:
        wanted = (events,) if isinstance(events, str) else events
        while True:
            message = self.channel.receive(timeout)
            event = message.get("event")
            if event in wanted:
                return message
            if event == "error":
                raise AgentRefused(
                    f"The agent on `{self.host}` says: {self._text(message, 'message')}",
                    host=self.host,
                    hint="report this, with the output of `inv history`",
                )
            self._tell(message)

    def _tell(self, message: Message) -> None:
        step = self._text(message, "step")
        match message.get("event"), message.get("state"):
            case "step", "started":
                self._emit(StepStarted(self.host, step))
            case "step", "finished":
                self._emit(
                    StepFinished(
                        self.host,
                        step,
                        _seconds(message),
                        changed=message.get("changed") is not False,
                        note=self._text(message, "note"),
                    )
                )
            case "action", _:
                self._emit(ActionStarted(self.host, step, self._text(message, "text")))
            case "line", _:
                self._emit(OutputLine(self.host, step, self._text(message, "line")))
            case _:
                pass

    def _refusal(self, answer: Message) -> Locked | AgentRefused:
        text = f"`{self.host}`: {self._text(answer, 'message')}"
        hint = self._text(answer, "hint")
        if answer.get("why") in {"locked", "held", "stale"}:
            return Locked(text, hint=hint)
        return AgentRefused(text, host=self.host, hint=hint)

    def _wired(self, actions: tuple[Action, ...], wire: Wire) -> list[dict[str, object]]:
        return [wire.action(action) for action in actions]

    def _text(self, message: Mapping[str, object], key: str) -> str:
        value = message.get(key)
        return self._redact(value) if isinstance(value, str) else ""


def _mapping(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else {}


def _seconds(message: Mapping[str, object]) -> float:
    value = message.get("seconds")
    return float(value) if isinstance(value, int | float) else 0.0
