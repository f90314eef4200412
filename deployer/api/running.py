"""Carries a plan out and says in one sentence how it ended."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from deployer.api.environment import Environment
from deployer.api.interrupts import Interrupts
from deployer.api.outside import terms
from deployer.core.event import RunStarted
from deployer.core.plan import Plan
from deployer.core.report import HostReport, Outcome, fleet_outcome
from deployer.engine.conductor import Conductor
from deployer.engine.resolving import Patience
from deployer.engine.session import Session

_SENTENCES = {
    Outcome.COMMITTED: ("{done}", ""),
    Outcome.ABORTED: ("stopped before anything live was touched; {serving}", "history"),
    Outcome.ROLLED_BACK: ("{again}", "releases"),
    Outcome.INTERRUPTED: ("everything was put back; {serving}", "status"),
    Outcome.LOCKED: ("another run is at work, or a hold is set; {serving}", "status"),
    Outcome.MIXED: ("part of the fleet is on another release", "recover"),
    Outcome.UNKNOWN: ("nobody knows what happened on a host: the link to it was lost", "status"),
    Outcome.ROLLBACK_FAILED: ("somebody has to look at these hosts NOW", "status"),
}


_WELL = (Outcome.COMMITTED, Outcome.UNCHANGED)


@dataclass(frozen=True, slots=True)
class Ending:
    """What a command has to say at its end."""

    hosts: tuple[HostReport, ...]
    summary: str
    next_command: str = ""
    interrupted: bool = False
    left: bool = False
    """Whether a person did not wait until the hosts had put themselves back."""
    skipped: tuple[HostReport, ...] = ()
    """Hosts that could not be reached, and that a person wanted to go on without."""

    @property
    def outcome(self) -> Outcome:
        """The outcome of all hosts together; those that were skipped have it not."""
        found = fleet_outcome(self.hosts, interrupted=self.interrupted, left=self.left)
        return Outcome.MIXED if self.skipped and found in _WELL else found


def run_plan(at: Environment, sessions: Mapping[str, Session], plan: Plan) -> Ending:
    """Carry out a plan; the first Ctrl-C or SIGTERM has every host put itself back."""
    at.emit(
        RunStarted(
            run=plan.run,
            command=plan.command,
            environment=at.inventory.environment,
            app=at.inventory.app.name,
            hosts=tuple(sessions),
            revision=plan.release.revision if plan.release else "",
            release=plan.release.id if plan.release else "",
        )
    )
    signals = Interrupts(sessions)
    patience = Patience(at.place.clock, at.inventory.ssh.reconnect_timeout, leave=signals.leave)
    with signals.heard():
        conductor = Conductor(plan, sessions, at.emit, signals.stop, patience)
        hosts = conductor.conduct(terms(at, sessions, plan))
    stopped, left = signals.stop.is_set(), signals.leave.is_set()
    ending = Ending(hosts, "", interrupted=stopped, left=left)
    summary, next_command = _told(at, plan, ending)
    return replace(ending, summary=summary, next_command=next_command)


def _told(at: Environment, plan: Plan, ending: Ending) -> tuple[str, str]:
    live = ", ".join(sorted(set(filter(None, plan.live.values()))))
    serving = f"still serving {live}" if live else "nothing is live yet"
    again = f"{live} serves again and is healthy" if live else "nothing is live, as before"
    unsure = ", ".join(one.host for one in ending.hosts if one.outcome is Outcome.UNKNOWN)
    sentence, command = _SENTENCES.get(ending.outcome, (f"ended as {ending.outcome}", "status"))
    if ending.left and unsure:
        sentence = f"{unsure} left to put itself back; it needs nobody for that"
    done = _done(plan)
    if ending.outcome is Outcome.MIXED and at.request.no_confirm:
        command = "status"  # nobody has decided for the fleet, so there is nothing to finish
    next_command = f"inv {command} --env {at.inventory.environment}" if command else ""
    return sentence.format(serving=serving, again=again, done=done), next_command


def _done(plan: Plan) -> str:
    hosts = ", ".join(target.host.name for target in plan.targets)
    if plan.release is None:
        return f"{plan.command} done on {hosts}"
    return f"{plan.release.id} is live on {hosts}"
