"""Carries a plan out and says in one sentence how it ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from deployer.api.beside import beside
from deployer.api.environment import Environment
from deployer.api.failed import FAILED
from deployer.api.interrupts import Interrupts
from deployer.api.outside import terms
from deployer.core.event import RunStarted
from deployer.core.plan import Plan
from deployer.core.release import Release
from deployer.core.report import HostReport, Outcome, fleet_outcome
from deployer.engine.conductor import Conductor
from deployer.engine.confirming import STEP as CONFIRM
from deployer.engine.resolving import Patience
from deployer.engine.session import Session

_SENTENCES = {
    Outcome.COMMITTED: ("{done}", ""),
    Outcome.ABORTED: ("stopped before anything live was touched; {serving}", "history"),
    Outcome.ROLLED_BACK: ("{again}", "releases"),
    Outcome.INTERRUPTED: ("everything was put back; {serving}", "status"),
    Outcome.LOCKED: ("another run is at work, or a hold is set; {serving}", "status"),
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
    release: Release | None = None
    """What the run was about."""

    @property
    def outcome(self) -> Outcome:
        """The outcome of all hosts together; those that were skipped have it not."""
        found = fleet_outcome(self.hosts, interrupted=self.interrupted, left=self.left)
        return Outcome.MIXED if self.skipped and found in _WELL else found


def run_plan(at: Environment, sessions: Mapping[str, Session], plan: Plan) -> Ending:
    """Carry out a plan; the first Ctrl-C or SIGTERM has every host put itself back."""
    join = beside(at, plan)
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
    signals = Interrupts({**sessions, **at.balancing})
    patience = Patience(at.place.clock, at.inventory.ssh.reconnect_timeout, leave=signals.leave)
    with signals.heard():
        around = join(signals.stop, patience)
        conductor = Conductor(plan, sessions, at.emit, signals.stop, patience, around)
        hosts = conductor.conduct(terms(at, sessions, plan))
    stopped, left = signals.stop.is_set(), signals.leave.is_set()
    ending = Ending(hosts, "", interrupted=stopped, left=left, release=plan.release)
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
    if ending.outcome is Outcome.MIXED:
        return _told_mixed(at, plan, ending)
    done = _done(plan)
    next_command = f"inv {command} --env {at.inventory.environment}" if command else ""
    return sentence.format(serving=serving, again=again, done=done), next_command


def _told_mixed(at: Environment, plan: Plan, ending: Ending) -> tuple[str, str]:
    web = {target.host.name for target in plan.targets}
    done = (one for one in ending.hosts if one.outcome is Outcome.COMMITTED)
    have = [one for one in done if one.host in web]
    rest = [one for one in ending.hosts if one.outcome is not Outcome.COMMITTED]
    names = ", ".join(one.host for one in rest)
    if not any(one.host in web for one in rest):
        summary = f"{_done(plan, have)}, but the balancer is not as it should be ({names})"
        return summary, f"inv status --env {at.inventory.environment}"
    summary = f"{_done(plan, have)}, but not on {names}"
    if any(one.step == CONFIRM for one in rest) and not at.request.no_confirm:
        return f"{summary}: part of the fleet went back after the others had been decided", (
            f"inv recover --env {at.inventory.environment}"
        )
    return summary, bring_the_rest(at, have[0].release)


def bring_the_rest(at: Environment, release: str) -> str:
    """Give the command that brings hosts without it what the others have, and nothing else."""
    exactly = f" --to {release}" if at.request.command == "rollback" else ""
    return f"inv {at.request.command} --env {at.inventory.environment}{exactly} --limit {FAILED}"


def _done(plan: Plan, have: Sequence[HostReport] = ()) -> str:
    names = (one.host for one in have) if have else (one.host.name for one in plan.targets)
    hosts = ", ".join(names)
    if plan.release is None:
        return f"{plan.command} done on {hosts}"
    return f"{plan.release.id} is live on {hosts}"
