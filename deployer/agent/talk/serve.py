"""The front: what the controller talks to over SSH. It answers questions and starts workers."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from deployer.agent.context import ROOT, Context
from deployer.agent.talk import frames, launching, own_files
from deployer.agent.talk.frames import Reader
from deployer.agent.talk.launching import Launch, NoWorker, Wanted, connected
from deployer.agent.talk.mailbox import Letter, Mailbox
from deployer.agent.talk.relay import REFUSED, Relay
from deployer.agent.talk.speaker import Speaker
from deployer.agent.text import grammar

_LONGEST_RUN = 24 * 3600.0
_LIMIT = 2 * 3600.0
Work = Callable[[], Mapping[str, object]]


class Front:
    """One conversation; `launch` and `sockets` are other ones only in tests."""

    def __init__(
        self,
        stdin: int,
        stdout: int,
        root: Path = ROOT,
        launch: Launch = launching.by_systemd,
        sockets: Path = launching.SOCKETS,
    ) -> None:
        self._stdin = stdin
        self._stdout = stdout
        self._root = root
        self._launch = launch
        self._sockets = sockets
        self._reader = Reader(lambda size: os.read(stdin, size))
        self._doing: Context | None = None
        self._speaker = Speaker(self._send, self._cancel)

    def serve(self) -> int:
        """Talk until the controller has no more to say; the hello was said before."""
        mailbox = self._mailbox()
        damage = own_files.damage()
        while True:
            letter = mailbox.take()
            if damage and letter.verb not in ("", "bye"):
                self._complain(f"{damage}; `inv setup` brings them anew")
                return 0
            if letter.problem:
                self._complain(letter.problem)
            if letter.verb in ("", "bye"):
                return 0
            try:
                goes_on = self._answer(letter)
            except (grammar.WrongWord, frames.WrongFrame) as error:
                self._complain(str(error))
                goes_on = True
            if not goes_on:
                return 0
            if letter.verb == "begin":
                mailbox = self._mailbox()

    def _answer(self, letter: Letter) -> bool:
        message = letter.message
        if letter.verb == "begin":
            return self._begin(message)
        place = self._place(message)
        if letter.verb == "facts":
            from deployer.agent import facts  # noqa: PLC0415  a worker's front never needs it

            self._speaker(facts.answer(place, message))
        elif letter.verb in ("confirm", "recover", "hold", "unhold"):
            self._speaker(self._said(place, letter))
        elif letter.verb == "stream":
            from deployer.agent.talk.streaming import stream  # noqa: PLC0415  only `logs` and `run` do

            self._speaker(self._cancellable(place, lambda: stream(place, message)))
        elif letter.verb == "provision":
            from deployer.agent.system.provision import Provision  # noqa: PLC0415  only `setup` does

            wanted = frames.filled(message, letter.blobs)
            if isinstance(wanted, dict):
                provision = Provision(place, wanted, self._emit)
                self._speaker(self._cancellable(place, provision.carry_out))
        else:
            self._complain(f"the agent does not know the verb `{letter.verb[:40]}`")
        return True

    def _said(self, place: Context, letter: Letter) -> Mapping[str, object]:
        """Do what needs no worker and has one answer."""
        if letter.verb == "confirm":
            from deployer.agent.runs.confirming import confirm  # noqa: PLC0415  only an end needs it

            return confirm(place, self._sockets, letter.message)
        if letter.verb == "recover":
            from deployer.agent.runs.guarding import guard  # noqa: PLC0415  as above
            from deployer.agent.runs.recover_asked import recover_asked  # noqa: PLC0415  as above

            guard(place)
            return recover_asked(place, self._emit)
        from deployer.agent.runs.holds import answer  # noqa: PLC0415  as above

        return answer(place, letter.message)

    def _begin(self, message: Mapping[str, object]) -> bool:
        """Have a worker do it; tells whether the conversation goes on with us."""
        app, run = grammar.app_name(message.get("app")), grammar.run_id(message.get("run"))
        limit = message.get("limit")
        seconds = float(limit) if isinstance(limit, (int, float)) and limit > 0 else _LIMIT
        wanted = Wanted(app, run, min(seconds, _LONGEST_RUN), self._sockets)
        try:
            worker = connected(wanted, self._launch)
        except (NoWorker, OSError) as error:
            self._emit(
                {
                    "event": "refused",
                    "why": "no-worker",
                    "message": f"the agent could not start its worker: {error}",
                    "hint": "Look at the host: is systemd running, is its disk full?",
                }
            )
            return True
        with worker:
            first = frames.encode(message) + self._reader.rest()
            beats = message.get("beats") is True
            relayed = Relay(self._stdin, self._stdout, worker, first, beats=beats).run()
        self._reader.push_back(relayed.untaken)
        return relayed.last_line.startswith(REFUSED)

    def _cancellable(self, place: Context, work: Work) -> Mapping[str, object]:
        self._doing = place
        try:
            return work()
        finally:
            self._doing = None

    def _place(self, message: Mapping[str, object]) -> Context:
        app = message.get("app", "")
        return Context(grammar.app_name(app) if app else "", "", root=self._root, emit=self._emit)

    def _mailbox(self) -> Mailbox:
        mailbox = Mailbox(self._reader, self._cancel, pass_on=("begin",))
        mailbox.listen()
        return mailbox

    def _cancel(self) -> None:
        if self._doing is not None:
            self._doing.cancelled.set()

    def _complain(self, text: str) -> None:
        self._emit({"event": "error", "message": text})

    def _emit(self, event: dict[str, object]) -> None:
        self._speaker(event)

    def _send(self, line: bytes) -> None:
        rest = memoryview(line)
        while rest:
            rest = rest[os.write(self._stdout, rest) :]
