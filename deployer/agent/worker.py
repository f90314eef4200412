"""One run on one host: takes orders, undoes or commits; without its controller it puts back."""

from __future__ import annotations

import contextlib
import shutil
import socket
import struct
import time

from deployer.agent import actions, orders
from deployer.agent.context import ActionFailed, Context
from deployer.agent.deploy_log import PATH as LOG
from deployer.agent.deploy_log import DeployLog
from deployer.agent.frames import Reader
from deployer.agent.grammar import WrongWord
from deployer.agent.mailbox import Letter, Mailbox
from deployer.agent.opening import OpenRun, Refused, open_run
from deployer.agent.performing import perform
from deployer.agent.recovery import plan
from deployer.agent.speaker import Speaker
from deployer.agent.unwinding import ABORTED, Unwinding, Unwound

_PATIENCE = struct.pack("@ll", 60, 0)
"""A front that takes nothing for so many seconds is gone (struct timeval)."""
_OPEN, _COMMITTED, _UNDONE = "open", "committed", "undone"


class Worker:
    """Serves one connection; `place` says which app and run, and where the root is."""

    def __init__(self, connection: socket.socket, place: Context) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _PATIENCE)
        self._connection = connection
        self._place = place
        self.host_stops = _host_stops
        self._ctx = Context(place.app, place.run, root=place.root, emit=self._emit)
        self._speaker = Speaker(connection.sendall, self._ctx.cancelled.set)
        self._mailbox = Mailbox(Reader(connection.recv), self._ctx.cancelled.set)
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
            self._refuse(no.why, no.message, no.hint)
            return 0
        except (WrongWord, OSError) as error:
            self._refuse("protocol", str(error), "Look at the host's disk and its agent.")
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
        work = orders.Orders(opened, self._ctx, self._emit)
        while True:
            letter = self._mailbox.take()
            if letter.problem:
                self._emit({"event": "error", "message": letter.problem})
            # Told to stop: what the controller still asks for comes too late, also an undo.
            if letter.verb in ("", "bye") or self._stopped:
                return self._leave(opened)
            self._answer(letter, opened, work)

    def _answer(self, letter: Letter, opened: OpenRun, work: orders.Orders) -> None:
        if letter.verb == "order":
            self._order(letter, work)
        elif letter.verb == "undo" and self._state == _OPEN:
            self._undo(opened, str(letter.message.get("reason", "")))
        elif letter.verb == "commit" and self._state == _OPEN:
            self._commit(opened)
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
            answer = work.carry_out(order)
        self._failed = self._failed or answer["ok"] is not True
        self._emit(answer)

    def _check_fits(self, phase: str) -> None:
        wanted = _COMMITTED if phase == "FINISH" else _OPEN
        if self._state != wanted:
            raise ActionFailed(f"an order of {phase} cannot be given: the run is {self._state}")

    def _undo(self, opened: OpenRun, reason: str) -> Unwound:
        wanted = plan(opened.records)
        if wanted is None:  # cannot be: an open run has a `begin` and no `end`
            ended = Unwound(ABORTED)
        else:
            app, root = self._place.app, self._place.root
            unwinding = Unwinding(root, app, wanted, opened.journal, self._emit)
            ended = unwinding.attempt(reason or "asked to", last=False)
            if not ended.ok and not (self._stopped and self.host_stops()):
                unwinding.close(ended, reason)
        self._state = _UNDONE
        self._failed = not ended.ok
        self._emit(
            {
                "event": "undone",
                "outcome": ended.outcome,
                "cause": ended.cause,
                "log": list(ended.log),
            }
        )
        return ended

    def _commit(self, opened: OpenRun) -> None:
        if self._failed:
            self._refuse("failed", "an order of this run failed, so it is not committed")
            return
        try:
            if opened.release:
                note = [["actor", opened.actor]] if opened.command == "deploy" else []
                mark = {"action": "Mark", "release": opened.release, "state": "good", "note": note}
                perform(self._ctx, mark)
            opened.write("end", outcome="committed")
        except ActionFailed as failed:
            self._refuse("failed", failed.cause, failed.hint)
            return
        except OSError as error:
            self._refuse("failed", f"the journal could not be written: {error.strerror}")
            return
        self._state = _COMMITTED
        self._emit({"event": "committed", "release": opened.release})
        shutil.rmtree(self._ctx.saved_folder, ignore_errors=True)
        what = " ".join(filter(None, (opened.command, opened.release)))
        took = time.time() - opened.began
        log = DeployLog(self._ctx.path(LOG))
        log.ended(opened.app, what, "committed", opened.actor, took)

    def _leave(self, opened: OpenRun) -> int:
        if self._state != _OPEN:
            return 1 if self._state == _UNDONE and self._failed else 0
        if self._stopped and self.host_stops():
            return 1  # nothing can be started now; the recovery at boot puts the run back
        reason = "the agent was told to stop" if self._stopped else "the controller was lost"
        return 0 if self._undo(opened, reason).ok else 1

    def _live(self) -> str:
        link = self._ctx.path(f"/srv/{self._ctx.app}/run/live")
        return link.readlink().name if link.is_symlink() else ""

    def _refuse(self, why: str, message: str, hint: str = "") -> None:
        self._emit({"event": "refused", "why": why, "message": message, "hint": hint})

    def _emit(self, event: dict[str, object]) -> None:
        self._speaker(event)


def _host_stops() -> bool:
    asking = Context("", "")
    said = asking.execute(["systemctl", "is-system-running"], quiet=True, timeout=10)
    return said.stdout.strip() == b"stopping"
