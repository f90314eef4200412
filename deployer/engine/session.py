"""One host during one run: our side of the conversation with its agent."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from deployer.core.action import Action
from deployer.core.event import Emit, RecoveryFinished, RecoveryStarted, StepFailed
from deployer.core.fact import Fact, Facts
from deployer.core.order import Order, Wire
from deployer.core.plan import Plan
from deployer.core.report import Outcome
from deployer.core.transport import Channel, Message
from deployer.engine.heard import Heard, seconds
from deployer.engine.outgoing import Outgoing
from deployer.engine.reason import with_reason
from deployer.errors import AgentRefused, ConnectionLost

_ANSWER = 60.0
_ORDER = 3600.0
_UNDONE = {
    "aborted": Outcome.ABORTED,
    "rolled_back": Outcome.ROLLED_BACK,
    "rollback_failed": Outcome.ROLLBACK_FAILED,
}


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
        self.reopen: Callable[[], Session] = self._cannot
        """Connects to the same host once more, from the beginning; raises HostError."""
        self._app = app
        self._emit = emit
        self._redact = redact
        self._heard = Heard(host, redact)
        self._outgoing = Outgoing(channel)

    def ask(
        self, facts: Iterable[Fact[object]], *, strict: bool = True, patience: float = _ANSWER
    ) -> None:
        """Ask all of these in one round trip; answers join `facts`.

        A fact that the host cannot answer raises AgentRefused, or (not `strict`) its answer is
        `{"error": why}`.
        """
        asked = {fact.key: fact.question() for fact in facts if fact.name}
        if not asked:
            return
        self._outgoing.send({"verb": "facts", "app": self._app, "ask": list(asked.values())})
        answers = _mapping(self._await("facts", patience).get("answers"))
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
        self.channel.keep_alive()
        self._outgoing.send(
            {
                "verb": "begin",
                "beats": True,
                "app": self._app,
                "run": plan.run,
                "command": plan.command,
                "actor": plan.actor,
                "release": release
                and {"id": release.id, "number": release.number, "revision": release.revision},
                "fence": plan.fences.get(self.host),
                "settle": self._wired(plan.settle.get(self.host, ()), wire),
                "limit": int(_ORDER * 2 + plan.waits),
            },
            wire.blobs,
        )
        answer = self._await(("begun", "refused"), _ANSWER * 2)
        if answer["event"] == "refused":
            raise self._heard.refusal(answer)
        self.began = True

    def order(self, order: Order) -> Ended:
        """Have the host carry out an order, and say how it ended."""
        self.send_order(order)
        return self.await_order()

    def send_order(self, order: Order) -> None:
        """Send an order without waiting for its end."""
        wire = Wire()
        message = wire.order(order)
        self._outgoing.send(message, wire.blobs)

    def await_order(self) -> Ended:
        """Wait for the end of the order that was sent; its results join `facts`."""
        answer = self._await("order", _ORDER)
        self.facts = self.facts.merged(_mapping(answer.get("results")))
        if answer.get("ok") is True:
            return Ended(ok=True)
        step, cause = self._heard.text(answer, "step"), self._heard.text(answer, "cause")
        hint = self._heard.text(answer, "hint")
        log = self._heard.log(answer)
        cause = with_reason(cause, log)
        self._emit(
            StepFailed(
                host=self.host,
                step=step,
                seconds=seconds(answer),
                cause=cause,
                hint=hint,
                log=log,
            )
        )
        return Ended(ok=False, step=step, cause=cause, hint=hint)

    def exchange(
        self,
        message: Message,
        events: tuple[str, ...],
        timeout: float = _ANSWER,
        blobs: Sequence[bytes] = (),
    ) -> Message:
        """Say one thing and wait for one of these answers; raises Locked or AgentRefused."""
        self._outgoing.send({**message, "app": self._app}, blobs)
        answer = self._await((*events, "refused"), timeout)
        if answer["event"] == "refused":
            raise self._heard.refusal(answer)
        return answer

    def provision(self, wanted: tuple[dict[str, object], list[bytes]]) -> Ended:
        """Have a bare host prepare itself; it answers like for an order."""
        message, blobs = wanted
        self._outgoing.send(message, blobs)
        return self.await_order()

    def stream(self, message: Message, on_line: Callable[[str], None], *, silence: float) -> int:
        """Run a program on the host, hand on its lines, and give its exit code.

        `silence` is how many seconds it may print nothing. Raises AgentRefused when it was not
        started or did not end by itself.
        """
        self._outgoing.send({**message, "verb": "stream", "app": self._app})
        while True:
            answer = self._await(("line", "exit", "refused"), silence)
            match answer["event"]:
                case "line":
                    on_line(self._heard.text(answer, "line"))
                case "exit" if cause := self._heard.text(answer, "cause"):
                    hint = self._heard.text(answer, "hint")
                    raise AgentRefused(f"`{self.host}`: {cause}", host=self.host, hint=hint)
                case "exit":
                    code = answer.get("code")
                    return code if isinstance(code, int) else 1
                case _:
                    raise self._heard.refusal(answer)

    def undo(self, reason: str, *, by_person: bool = False, found_bad: bool = False) -> Outcome:
        """Have the host put itself back; says how that went.

        Only a revision that was found bad is frozen, and not if a person asked for the undo.
        """
        by = {"by": "person"} if by_person else {}
        bad = {"found_bad": True} if found_bad else {}
        self._outgoing.send({"verb": "undo", "reason": reason, **by, **bad})
        self._emit(RecoveryStarted(self.host, reason))
        answer = self._await("undone", _ORDER)
        outcome = _UNDONE.get(str(answer.get("outcome")), Outcome.UNKNOWN)
        self._emit(
            RecoveryFinished(
                self.host,
                outcome,
                self._heard.text(answer, "cause"),
                self._heard.log(answer),
            )
        )
        self.began = False
        return outcome

    def send_commit(self) -> None:
        """Ask the host to make the release good, without waiting."""
        self._outgoing.send({"verb": "commit"})

    def await_commit(self) -> None:
        """Wait until the host has it on disk."""
        answer = self._await(("committed", "refused"), _ANSWER)
        if answer["event"] == "refused":
            raise self._heard.refusal(answer)
        self.began = False

    def cancel(self) -> None:
        """Ask the host to stop what it is doing; safe in a signal handler and another thread."""
        if self.began:
            self._outgoing.cancel()

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
                    f"The agent on `{self.host}` says: {self._heard.text(message, 'message')}",
                    host=self.host,
                    hint="report this, with the output of `inv history`",
                )
            told = self._heard.event(message)
            if told:
                self._emit(told)

    def _cannot(self) -> "Session":
        raise ConnectionLost(f"`{self.host}` cannot be reached once more.", host=self.host)

    def _wired(self, actions: tuple[Action, ...], wire: Wire) -> list[dict[str, object]]:
        return [wire.action(action) for action in actions]


def _mapping(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else {}
