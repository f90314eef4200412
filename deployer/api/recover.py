"""`inv recover`: every host puts itself right, then a fleet that is split is made whole again."""

from collections.abc import Mapping
from dataclasses import replace

from deployer.api.balanced import connect
from deployer.api.deploy import first_facts, plan_deploy
from deployer.api.environment import Environment
from deployer.api.perform import UseCase, perform
from deployer.api.place import Place
from deployer.api.request import RecoverRequest
from deployer.api.rollback import plan_return
from deployer.api.running import Ending, run_plan
from deployer.core.host_facts import damage
from deployer.core.host_state import AppState, app_state
from deployer.core.plan import Plan
from deployer.core.release import Release
from deployer.core.report import HostReport, Outcome
from deployer.core.run_outcome import ENDS
from deployer.core.split import Split, find_split
from deployer.engine.session import Session
from deployer.errors import DeployerError, Locked, NoSuchRelease, UsageError

_LONGEST = 900.0
Sessions = Mapping[str, Session]


class MustBuild(Exception):
    """The decided release is gone on a host; to build it again the app's secrets are needed."""


def recover(place: Place, request: RecoverRequest) -> int:
    """Put hosts right and end a split; gives the exit code."""
    if request.finish and request.undo:
        raise UsageError("`--finish` and `--undo` contradict each other.", hint="choose one")
    if request.dry_run:
        raise UsageError("`recover` has no dry run.", hint="`inv status` names what is split")
    try:
        way = use_case(undo=request.undo)
        return perform(place, request, way, with_secrets=False, connect=connect)
    except MustBuild:
        again = replace(request, yes=True)
        return perform(place, again, use_case(undo=False, builds=True), connect=connect)


def use_case(*, undo: bool, builds: bool = False) -> UseCase:
    """Give what is done on the hosts, in one direction or the other."""
    return lambda at, sessions: Recovering(at, sessions, undo=undo, builds=builds).carry_out()


class Recovering:
    """One `inv recover`."""

    def __init__(self, at: Environment, sessions: Sessions, *, undo: bool, builds: bool) -> None:
        self._at = at
        self._sessions = sessions
        self._undo = undo
        self._builds = builds
        self._reports: dict[str, HostReport] = {}

    def carry_out(self) -> Ending:
        """Have hosts put themselves right, then make the fleet whole."""
        refused = self._put_right()
        found = self._states()
        confirmed = () if self._undo else self._confirm_waiting(found)
        if confirmed:
            found = self._states()
        # One that was just confirmed may be at work on its finishing touches, which is well.
        asked = (host for host in refused if host not in confirmed)
        still = [refused[host] for host in asked if host not in found or found[host].locked_by]
        if still:
            raise still[0]
        if any(one.outcome is Outcome.ROLLBACK_FAILED for one in self._reports.values()):
            return self._ending("somebody has to look at these hosts NOW", "status")
        split = find_split(found)
        if split is None:
            return self._ending("nothing is left to recover: no run is open, and no fleet is split")
        self._at.notice(str(split), "warning")
        return self._return(split) if self._undo else self._finish(split, found)

    def _put_right(self) -> dict[str, DeployerError]:
        """Have every host recover; gives what refused, mostly because somebody is at work."""
        refused: dict[str, DeployerError] = {}
        everywhere = {**self._sessions, **self._at.balancing}
        for host, told in self._at.fleet(everywhere, _recovered).items():
            if isinstance(told, Locked):
                refused[host] = told
            elif isinstance(told, DeployerError):
                raise told
            else:
                self._reports[host] = told
                if told.step:
                    level = "info" if told.outcome is Outcome.UNCHANGED else "error"
                    self._at.notice(told.step, level, host)
        return refused

    def _states(self) -> dict[str, AppState]:
        self._at.on_all(self._sessions, lambda session: session.ask((app_state(),)))
        return {host: session.facts[app_state()] for host, session in self._sessions.items()}

    def _confirm_waiting(self, found: Mapping[str, AppState]) -> tuple[str, ...]:
        """Confirm hosts that still wait for what their leader has decided; tells which."""
        decided = {state.decided.run for state in found.values() if state.decided}
        waiting = {
            host: one.run
            for host, state in found.items()
            for one in state.went_back
            if one.awaits_confirm and one.run in decided and state.locked_by
        }
        for host, run in waiting.items():
            self._sessions[host].exchange({"verb": "confirm", "run": run}, ("verdict",))
            self._at.notice(f"run `{run}` still waited for its confirm and has it now", host=host)
        return tuple(waiting)

    def _finish(self, split: Split, found: Mapping[str, AppState]) -> Ending:
        at, sessions = self._only(split.back)
        if self._builds or not self._is_whole(split, found):
            if not self._builds:
                raise MustBuild
            plan = self._built(at, sessions, split)
        else:
            plan = plan_return(at, sessions, split.release, command="recover", mark_bad=False)
        return self._done(run_plan(at, sessions, plan), split.committed, split.release)

    def _return(self, split: Split) -> Ending:
        if len(split.serving) != 1 or not split.serving[0]:
            raise NoSuchRelease(
                f"The hosts that went back do not serve one release: {split}.",
                hint=f"`inv recover --env {self._at.inventory.environment} --finish` goes on",
            )
        (release,) = split.serving
        at, sessions = self._only(split.committed)
        plan = plan_return(at, sessions, release, command="recover")
        return self._done(run_plan(at, sessions, plan), split.back, release)

    def _only(self, names: tuple[str, ...]) -> tuple[Environment, Sessions]:
        hosts = tuple(host for host in self._at.hosts if host.name in names)
        return replace(self._at, hosts=hosts), {name: self._sessions[name] for name in names}

    def _is_whole(self, split: Split, found: Mapping[str, AppState]) -> bool:
        asked = damage(split.release)
        here = {host: self._sessions[host] for host in split.back}
        if any(found[host].release(split.release) is None for host in here):
            return False
        self._at.on_all(here, lambda session: session.ask((asked,)))
        return not any(session.facts[asked].get(split.release) for session in here.values())

    def _built(self, at: Environment, sessions: Sessions, split: Split) -> Plan:
        first_facts(at, sessions)
        release = Release(int(split.release[:6]), split.revision)
        return plan_deploy(at, sessions, split.revision, command="recover", again=release)

    def _done(self, ended: Ending, others: tuple[str, ...], release: str) -> Ending:
        # Who is where the fleet shall be counts as committed: one that failed is then a split.
        reports = {
            **self._reports,
            **{host: HostReport(host, Outcome.COMMITTED, release) for host in others},
            **{report.host: report for report in ended.hosts},
        }
        return replace(ended, hosts=tuple(reports[host] for host in self._sessions))

    def _ending(self, summary: str, command: str = "") -> Ending:
        next_command = f"inv {command} --env {self._at.inventory.environment}" if command else ""
        return Ending(tuple(self._reports.values()), summary, next_command)


def _recovered(session: Session) -> HostReport:
    """Have one host put itself right; `step` says what it did, "" for nothing."""
    said = session.exchange({"verb": "recover"}, ("recovered",), _LONGEST)
    outcome = ENDS.get(str(said.get("outcome")), Outcome.UNCHANGED)
    cause = str(said.get("cause") or "")
    if outcome is Outcome.ROLLBACK_FAILED:
        text = f"run `{said.get('run')}` could not be put back: {cause}"
        return HostReport(session.host, outcome, step=text, cause=cause)
    text = f"put run `{said.get('run')}` back ({outcome})" if said.get("outcome") else ""
    if said.get("fell_back") is True:
        text = "left a damaged release for the newest good one"
    return HostReport(session.host, Outcome.UNCHANGED, step=text)
