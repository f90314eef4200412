"""Hosts in memory whose agent speaks the protocol of the real one, and fails when told to.

A host does what orders say, undo puts it back, and a lost controller makes the agent put itself
back.
"""

from collections.abc import Sequence
from dataclasses import replace
from threading import Lock
from typing import cast

from deployer.agent.runs.verdict import verdict
from deployer.api.agent_package import digest
from deployer.core.transport import Channel, Completed, Counts, HostAddress, Message
from deployer.errors import ConnectionLost, HostTimeout, HostUnreachable
from tests.flow.fake_host import Failed, FakeHost, Hands, Json, Link, Open, answer, said

DIGEST = digest()


class Killed(BaseException):
    """The controller was killed: it says and does nothing more."""


class Life:
    """How many words, heard or said, a controller has left to live; None for ever."""

    def __init__(self, words: int | None = None) -> None:
        self._left = words
        self._lock = Lock()

    def word(self) -> None:
        """Say or hear one; raises Killed when there is none left."""
        with self._lock:
            if self._left is None:
                return
            self._left -= 1
            if self._left < 0:
                raise Killed


class FakeFleet:
    """A transport to hosts in memory."""

    def __init__(self, hosts: Sequence[FakeHost], life: Life | None = None) -> None:
        self.hosts = {host.name: host for host in hosts}
        self._life = life or Life()

    def open(self, host: HostAddress) -> Channel:
        self._life.word()
        found = self.hosts.get(host.name)
        if found is None:
            raise HostUnreachable(f"No `{host.name}`.", host=host.name, hint="Add it.")
        if found.trouble.unreachable:
            raise found.trouble.unreachable
        found.opened += 1
        cut_off = found.trouble.cut_off and found.awaiting is not None
        lost = found.opened > 1 and found.trouble.stays_lost
        if cut_off or lost or found.opened > found.trouble.opens:
            raise HostUnreachable("No route.", host=host.name, hint="Wait.")
        return FakeChannel(found, self._life)

    def bootstrap(
        self, host: HostAddress, script: bytes, payload: bytes, timeout: float
    ) -> Completed:
        return Completed(0, b"", b"")


class FakeChannel:
    """One conversation; when it ends before a commit, the host puts itself back."""

    def __init__(self, host: FakeHost, life: Life) -> None:
        self._host = host
        self._life = life
        self._agent = FakeAgent(host)
        self._replies: list[Message] = [{"hello": {"agent": DIGEST, "protocol": 1}}]
        self._gone = False
        self._ends = False
        self._silent = False
        self._counts = Counts(connections=1, channels=1)
        self._asked = False

    @property
    def counts(self) -> Counts:
        return self._counts

    def send(self, message: Message, blobs: Sequence[bytes] = ()) -> None:
        self._life.word()
        if self._gone or self._ends:
            raise self._lost()
        link = self._fault(message)
        if link is Link.LOST_BEFORE:
            raise self._lost()
        self._host.heard.append(message)
        self._counts = replace(self._counts, messages_sent=self._counts.messages_sent + 1)
        self._asked = True
        replies = self._agent.hear(message, blobs)
        self._silent = self._silent or link is Link.SILENT
        self._replies += [] if self._silent else replies
        self._ends = link is Link.LOST_AFTER
        if self._ends and replies:
            self._replies.pop()

    def receive(self, timeout: float) -> Message:
        self._life.word()
        if self._replies:
            self._host.round_trips += self._asked
            self._asked = False
            return self._replies.pop(0)
        if self._ends or self._gone:
            raise self._lost()
        raise HostTimeout("It did not answer.", host=self._host.name, hint="Wait.")

    def keep_alive(self) -> None:
        pass

    def close(self) -> None:
        if not self._gone:
            self._gone = True
            self._agent.end()

    def _fault(self, message: Message) -> Link | None:
        link = self._host.trouble.link
        if link is None or link[0] not in {said(message), message["verb"]}:
            return None
        self._host.links_lost += 1
        return None if self._host.trouble.link_once and self._host.links_lost > 1 else link[1]

    def _lost(self) -> ConnectionLost:
        self.close()
        return ConnectionLost("The link was lost.", host=self._host.name, hint="Ask the host.")


class FakeAgent:
    """What a host makes of messages."""

    def __init__(self, host: FakeHost) -> None:
        self._host = host
        self._open: Open | None = None
        self.is_gone = False
        self._blobs: Sequence[bytes] = ()

    def hear(self, message: Message, blobs: Sequence[bytes]) -> list[Message]:
        if self._host.trouble.garbles == message["verb"]:
            return [{"event": "error", "message": "What?"}]
        self._blobs = blobs
        answers = {
            "facts": self._facts,
            "begin": self._begin,
            "order": self._order,
            "undo": self._undo,
            "commit": self._commit,
            "propose": self._propose,
            "confirm": self._confirm,
            "recover": self._recover,
            "cancel": self._cancel,
        }
        return answers[str(message["verb"])](message)

    def end(self) -> None:
        self.is_gone = True
        if self._open and self._host.awaiting is not self:
            self._put_back()

    def give_up_waiting(self) -> None:
        """Go back, as nobody has confirmed in time."""
        self._host.awaiting = None
        if self._open:
            self._open.found_bad = True
        self._put_back()

    def awaits(self, run: str) -> bool:
        """Tell whether this is the run that waits for a confirm."""
        return self._open is not None and self._open.run == run

    def commit_confirmed(self) -> list[Message]:
        """Commit because another connection said so."""
        return self._commit({})

    def _cancel(self, message: Message) -> list[Message]:
        if self._open:
            self._open.by_person = True
        return []

    def _facts(self, message: Message) -> list[Message]:
        asked = cast("list[Json]", message["ask"])
        return [
            {
                "event": "facts",
                "answers": {str(one["key"]): answer(self._host, one) for one in asked},
            }
        ]

    def _begin(self, message: Message) -> list[Message]:
        host = self._host
        if host.trouble.refuses:
            return [host.trouble.refuses]
        if host.locked:
            return [{"event": "refused", "why": "locked", "message": "ann is at work."}]
        if message["fence"] != host.fence:
            return [{"event": "refused", "why": "stale", "message": "The host has moved on."}]
        release = cast("Json | None", message["release"])
        host.fence += 1
        host.locked = True
        if release:
            host.counter = max(host.counter, cast("int", release["number"]))
        self._open = Open(release, cast("list[Json]", message["settle"]), str(message["run"]))
        told = {key: message[key] for key in ("command", "release")}
        host.write("begin", self._open.run, previous=host.live, **told)
        self._open.command = str(message["command"])
        self._open.previous = str(host.releases.get(host.live, {}).get("revision", ""))
        return [{"event": "begun", "fence": host.fence}]

    def _order(self, message: Message) -> list[Message]:
        phase = message["phase"]
        run = self._open
        if (run is None) != (phase == "FINISH"):
            cause = f"an order of {phase} cannot be given"
            return [{"event": "order", "ok": False, "step": "", "cause": cause}]
        replies: list[Message] = []
        hands = Hands(self._host, run, self._blobs)
        for step in cast("list[Json]", message["steps"]):
            name = step["name"]
            replies.append({"event": "step", "step": name, "state": "started"})
            if run:
                run.undo.append(cast("list[Json]", step["undo"]))
                run.published = run.published or phase in {"PUBLISH", "VERIFY"}
            try:
                self._do_step(step, hands)
            except Failed as failure:
                if run:
                    run.found_bad = True
                end = {"event": "order", "ok": False, "step": name, "cause": str(failure)}
                return [*replies, {**end, "hint": "mend it", "log": ["last words"]}]
            replies.append({"event": "step", "step": name, "state": "finished", "seconds": 1})
        return [*replies, {"event": "order", "ok": True, "results": hands.results, "seconds": 1}]

    def _undo(self, message: Message) -> list[Message]:
        if self._open is None:
            return [{"event": "error", "message": "There is nothing to undo."}]
        self._host.awaiting = None
        self._open.by_person = self._open.by_person or message.get("by") == "person"
        self._open.found_bad = self._open.found_bad or message.get("found_bad") is True
        outcome = self._put_back()
        return [{"event": "undone", "outcome": outcome, "cause": "", "log": []}]

    def _propose(self, message: Message) -> list[Message]:
        if self._open is None:
            return [{"event": "error", "message": "There is nothing to propose."}]
        if self._host.trouble.refuses_propose:
            return [self._host.trouble.refuses_propose]
        self._host.awaiting = self
        self._host.write("await_confirm", self._open.run, **message)
        return [{"event": "awaiting", "deadline": message["deadline"]}]

    def _confirm(self, message: Message) -> list[Message]:
        host, run = self._host, str(message["run"])
        if host.awaiting is not None and host.awaiting.awaits(run):
            (said,) = host.awaiting.commit_confirmed()
            if said["event"] != "committed":
                return [said]
            host.awaiting = None
        found = verdict(host.records, run)
        if found["outcome"] in {"open", "unknown"}:
            return [{"event": "refused", "why": "not-awaiting", "message": "It does not wait."}]
        return [{"event": "verdict", **found}]

    def _recover(self, message: Message) -> list[Message]:
        host = self._host
        if host.locked:
            return [{"event": "refused", "why": "locked", "message": "ann is at work."}]
        return [{"event": "recovered", "run": "", "outcome": "", "cause": "", "fell_back": False}]

    def _commit(self, message: Message) -> list[Message]:
        run = self._open
        if run is None:
            return [{"event": "error", "message": "There is nothing to commit."}]
        if self._host.trouble.refuses_commit:
            return [self._host.trouble.refuses_commit]
        if run.release:
            self._host.releases[str(run.release["id"])]["state"] = "good"
        self._host.settle_freezes(run)
        self._end("committed")
        return [{"event": "committed", "release": run.release and run.release["id"]}]

    def _put_back(self) -> str:
        run = self._open
        assert run is not None
        hands = Hands(self._host, run)
        for actions in reversed(run.undo):
            hands.do(actions)
        outcome = "rolled_back" if run.published else "aborted"
        try:
            hands.do(run.settle if run.published else [])
        except Failed:
            outcome = "rollback_failed"
        if self._host.trouble.undo_fails:
            outcome = "rollback_failed"
        if run.command == "deploy" and run.published and run.found_bad and not run.by_person:
            self._host.freeze(run.revision, run.run)
        self._end(outcome)
        return outcome

    def _end(self, outcome: str) -> None:
        assert self._open is not None
        self._host.outcomes.append(outcome)
        self._host.write("end", self._open.run, outcome=outcome)
        self._host.locked = False
        self._open = None

    def _do_step(self, step: Json, hands: Hands) -> None:
        hands.do(cast("list[Json]", step["do"]))
        if self._host.trouble.fails == step["name"]:
            raise Failed(f"{step['name']} was told to fail")
