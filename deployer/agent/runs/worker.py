"""One run on one host: takes orders, undoes or commits; without its controller it puts back."""

from __future__ import annotations

import contextlib
import socket
import struct
from dataclasses import replace
from pathlib import Path

from deployer.agent import actions
from deployer.agent.context import ActionFailed, Context
from deployer.agent.runs import fencing, orders
from deployer.agent.runs.awaiting import Awaiting, Proposal, confirm_socket, proposal
from deployer.agent.runs.committing import commit, tidy
from deployer.agent.runs.confirming import journal_says
from deployer.agent.runs.opening import OpenRun, open_run
from deployer.agent.runs.recovery import plan
from deployer.agent.runs.refusal import Refused
from deployer.agent.runs.unwinding import ABORTED, PAUSE, Unwinding, Unwound
from deployer.agent.system.shutdown import host_stops
from deployer.agent.talk.frames import Reader
from deployer.agent.talk.launching import SOCKETS
from deployer.agent.talk.mailbox import LATE, Letter, Mailbox
from deployer.agent.talk.speaker import Speaker
from deployer.agent.text.grammar import WrongWord

_PATIENCE = struct.pack("@ll", 60, 0)
"""A front that takes nothing for so many seconds is gone (struct timeval)."""
_OPEN, _AWAITING, _COMMITTED, _UNDONE = "open", "awaiting", "committed", "undone"


class Worker:
    """Serves one connection; `place` says which app and run, and where the root is."""

    def __init__(self, connection: socket.socket, place: Context, sockets: Path = SOCKETS) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _PATIENCE)
        self._connection = connection
        self._place = place
        self._sockets = sockets
        self._proposal: Proposal | None = None
        self._awaiting: Awaiting | None = None
        self._to_finish: orders.Order | None = None
        self._is_alone = False
        self.host_stops = host_stops
        self.pause = PAUSE
        self._ctx = Context(place.app, place.run, root=place.root, emit=self._emit)
        self._speaker = Speaker(connection.sendall, self._cancel)
        self._mailbox = Mailbox(Reader(connection.recv), self._cancel)
        self._state = _OPEN
        self._failed = False
        self._stopped = False

    def work(self) -> int:
        """Serve the run to its end; gives the exit code, 0 unless putting back failed."""
        self._mailbox.listen()
        try:
            return self._run()
        finally:
            with contextlib.suppress(OSError):
                # A plain close would not be seen while the mailbox still reads.
                self._connection.shutdown(socket.SHUT_RDWR)

    def _run(self) -> int:
        letter = self._mailbox.take()
        if letter.verb != "begin":
            return 0
        try:
            opened = open_run(self._place, letter.message, self._live)
        except Refused as no:
            self._emit(no.event)
            return 0
        except (WrongWord, OSError) as error:
            hint = "Look at the host's disk and its agent."
            self._emit(Refused("protocol", str(error), hint).event)
            return 0
        try:
            return self._serve(opened)
        finally:
            opened.close()

    def stop(self) -> None:
        """Leave off and put back, as when the controller is lost; safe in a signal handler."""
        self._stopped = True
        self._ctx.cancelled.set()
        self._mailbox.end()

    def _serve(self, opened: OpenRun) -> int:
        self._ctx.release = opened.release
        self._emit({"event": "begun", "fence": opened.writer.fence})
        actions.load_all()  # now, while the controller thinks; and no later update can remove them
        work = orders.Orders(opened, self._ctx, self._emit, self.host_stops)
        try:
            while not self._is_over:
                letter = self._mailbox.take(self._awaiting.left if self._awaiting else None)
                if letter.problem and letter is not LATE:
                    self._emit({"event": "error", "message": letter.problem})
                # Told to stop: what the controller still asks for comes too late, also an undo.
                if self._stopped:
                    break
                self._take(letter, opened, work)
            return self._leave(opened, work)
        finally:
            self._stop_awaiting()
            while (letter := self._mailbox.take(0)) is not LATE:
                if letter.reply is not None:  # it came while the run ended
                    letter.reply(journal_says(self._place, opened.run))

    @property
    def _is_over(self) -> bool:
        """Whether nobody has any more to say to this run."""
        return self._is_alone and self._awaiting is None

    def _take(self, letter: Letter, opened: OpenRun, work: orders.Orders) -> None:
        if letter is LATE:
            seconds = self._proposal.deadline if self._proposal else 0.0
            self._is_alone = True  # who did not confirm is not waited for
            # Bad, whoever was lost: a release that cuts its host off ends just so.
            self._undo(opened, f"nobody confirmed in {seconds:g} s", found_bad=True)
        elif letter.verb in ("", "bye"):
            self._is_alone = True
        else:
            self._answer(letter, opened, work)

    def _answer(self, letter: Letter, opened: OpenRun, work: orders.Orders) -> None:
        if letter.verb == "order":
            self._order(letter, work)
        elif letter.reply is not None:
            letter.reply(self._confirmed(letter, opened))
        elif letter.verb == "undo" and self._state in (_OPEN, _AWAITING):
            bad = letter.message.get("found_bad") is True
            self._undo(opened, str(letter.message.get("reason", "")), found_bad=bad)
        elif letter.verb == "propose" and self._state == _OPEN:
            self._emit(self._proposed(letter, opened))
        elif letter.verb == "commit" and self._state == _OPEN:
            self._emit(self._committed(opened))
        elif letter.verb == "facts":
            from deployer.agent import facts  # noqa: PLC0415  many runs never ask

            self._emit(facts.answer(self._ctx, letter.message))
        else:
            text = f"`{letter.verb[:40]}` cannot be asked of a run that is {self._state}"
            self._emit({"event": "error", "message": text})

    def _order(self, letter: Letter, work: orders.Orders) -> None:
        try:
            order = orders.read(letter)
            self._check_fits(order.phase)
        except ActionFailed as failed:
            answer = orders.failure(failed)
        else:
            if order.phase == "FINISH":
                self._to_finish = None
            answer = work.carry_out(order)
        self._failed = self._failed or answer["ok"] is not True
        self._emit(answer)

    def _check_fits(self, phase: str) -> None:
        wanted = _COMMITTED if phase == "FINISH" else _OPEN
        if self._state != wanted:
            raise ActionFailed(f"an order of {phase} cannot be given: the run is {self._state}")

    def _undo(self, opened: OpenRun, reason: str, *, found_bad: bool = False) -> Unwound:
        self._stop_awaiting()
        wanted = plan(opened.records)
        if fencing.is_overtaken(opened):
            ended = fencing.end_of(opened)
        elif wanted is None:  # cannot be: an open run has a `begin` and no `end`
            ended = Unwound(ABORTED)
        else:
            app, root = self._place.app, self._place.root
            bad = found_bad or wanted.found_bad
            wanted = replace(wanted, by_person=self._mailbox.by_person, found_bad=bad)
            unwinding = Unwinding(root, app, wanted, opened.journal, self._emit)
            ended = unwinding.persist(
                reason or "asked to", self.pause, lambda: self._stopped and self.host_stops()
            )
        self._state = _UNDONE
        self._failed = not ended.ok
        self._emit(ended.event)
        return ended

    def _proposed(self, letter: Letter, opened: OpenRun) -> dict[str, object]:
        try:
            wanted, to_finish = proposal(letter.message), orders.to_finish(letter)
            self._want_success("proposed")
            opened.write("await_confirm", deadline=wanted.deadline, **wanted.fields)
            path = confirm_socket(self._sockets, opened.app, opened.run)
            self._awaiting = Awaiting(path, wanted.deadline, self._mailbox.put)
        except Refused as no:
            return no.event
        except (WrongWord, ActionFailed, OSError) as error:
            return Refused("failed", f"it cannot wait for a confirm: {error}").event
        self._proposal, self._to_finish = wanted, to_finish
        self._state = _AWAITING
        return {"event": "awaiting", "deadline": wanted.deadline}

    def _confirmed(self, letter: Letter, opened: OpenRun) -> dict[str, object]:
        asked = str(letter.message.get("run", ""))
        if letter.verb != "confirm" or asked != opened.run:
            text = f"`{asked[:40]}` is not the run that waits for a confirm here"
            return Refused("other-run", text).event
        answer = self._committed(opened) if self._state == _AWAITING else {}
        if answer.get("event") == "refused":
            return answer
        return dict(journal_says(self._place, opened.run))

    def _committed(self, opened: OpenRun) -> dict[str, object]:
        try:
            self._want_success("committed")
            commit(self._ctx, opened, self._proposal.fields if self._proposal else {})
        except Refused as no:
            return no.event
        self._state = _COMMITTED
        if not self._stopped:
            self._ctx.cancelled.clear()  # what was cancelled is over; the finish is not
        self._stop_awaiting()
        tidy(self._ctx, opened)
        return {"event": "committed", "release": opened.release}

    def _want_success(self, what: str) -> None:
        if self._failed:
            raise Refused("failed", f"an order of this run failed, so it is not {what}")

    def _stop_awaiting(self) -> None:
        if self._awaiting is not None:
            self._awaiting.close()
        self._awaiting = None

    def _cancel(self) -> None:
        """Stop what is being done; what is committed is finished, whoever still listens."""
        if self._state != _COMMITTED:
            self._ctx.cancelled.set()

    def _leave(self, opened: OpenRun, work: orders.Orders) -> int:
        if self._state == _COMMITTED and self._to_finish and not self._stopped:
            work.carry_out(self._to_finish)  # nobody is there any more who could order it
        if self._state not in (_OPEN, _AWAITING):
            return 1 if self._state == _UNDONE and self._failed else 0
        if self._stopped and self.host_stops():
            return 1  # nothing can be started now; the recovery at boot puts the run back
        reason = "the agent was told to stop" if self._stopped else "the controller was lost"
        return 0 if self._undo(opened, reason).ok else 1

    def _live(self) -> str:
        link = self._ctx.path(f"/srv/{self._ctx.app}/run/live")
        return link.readlink().name if link.is_symlink() else ""

    def _emit(self, event: dict[str, object]) -> None:
        self._speaker(event)
