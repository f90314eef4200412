"""What the agent says about an app on a host, as typed values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from deployer.core.at_work import AtWork, Frozen, Hold, parse_at_work, parse_frozen, parse_hold
from deployer.core.fact import Fact
from deployer.core.process_state import ProcessState, parse_processes
from deployer.core.release import ReleaseState, other
from deployer.core.run_outcome import RunOutcome, parse_run_outcome
from deployer.core.schema_run import SchemaRun, parse_schema_runs


@dataclass(frozen=True, slots=True)
class ReleaseRecord:
    """One line of `release.json`: a release on a host and what became of it."""

    id: str
    number: int
    revision: str
    state: ReleaseState
    created: str = ""
    actor: str = ""
    migrations: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class ColourState:
    """One of the two instances: which release it is linked to, and how its unit is."""

    release: str
    active: str
    pid: int = 0
    restarts: int = 0
    since: str = ""

    @property
    def is_active(self) -> bool:
        """Whether systemd calls it active."""
        return self.active == "active"


@dataclass(frozen=True, slots=True)
class BrokenRun:
    """A run that a host could not put back: a person must look."""

    run: str
    command: str
    release: str
    cause: str

    def __str__(self) -> str:
        what = " ".join(filter(None, (self.command or "run", self.release)))
        return f"{what} (run `{self.run}`) could not be put back: {self.cause}"


@dataclass(frozen=True, slots=True)
class AppState:
    """An app on a host, as it stands."""

    set_up: bool
    fence: int = 0
    counter: int = 0
    live: str = ""
    live_colour: str = ""
    inherits: bool = False
    """Whether the live release got its sockets from systemd, which keeps them open."""
    config_digest: str = ""
    colours: Mapping[str, ColourState] = field(default_factory=dict)
    releases: tuple[ReleaseRecord, ...] = ()
    open_run: str = ""
    broken: BrokenRun | None = None
    fallback: str = ""
    """Why the host has left a damaged release by itself, while it still serves what it chose."""
    schema_runs: tuple[SchemaRun, ...] = ()
    decided: RunOutcome | None = None
    """The last run that was committed here."""
    went_back: tuple[RunOutcome, ...] = ()
    """Later runs that a fleet was to commit, and that have not been committed here."""
    maintenance: str = ""
    """Since when users are kept out; "" if they are not."""
    work: AtWork | None = None
    held: Hold | None = None
    frozen: tuple[Frozen, ...] = ()
    processes: tuple[ProcessState, ...] = ()
    """The units of processes and timers that are to run here."""

    @property
    def locked_by(self) -> str:
        """Who is at work, in words; "" if nobody is."""
        return str(self.work or "")

    @property
    def hold(self) -> str:
        """Who holds the app, in words; "" if nobody does."""
        return str(self.held or "")

    def freeze_of(self, revision: str) -> Frozen | None:
        """Tell why a revision must not be deployed again just so."""
        return next((one for one in self.frozen if one.revision == revision), None)

    @property
    def live_release(self) -> ReleaseRecord | None:
        """The record of the live release, if there is one."""
        return self.release(self.live)

    def release(self, release: str) -> ReleaseRecord | None:
        """Find a release by its id."""
        return next((one for one in self.releases if one.id == release), None)

    def previous_good(self) -> ReleaseRecord | None:
        """Find the newest good release before the live one."""
        live = self.live_release
        limit = live.number if live else self.counter + 1
        older = (one for one in self.releases if one.number < limit)
        good = [one for one in older if one.state is ReleaseState.GOOD]
        return max(good, key=lambda one: one.number, default=None)

    def colour_for(self, release: str) -> str:
        """Give the colour that a release is on, or will be started on: never the live one."""
        return self._warm_colour(release) or other(self.live_colour)

    def is_warm(self, release: str) -> bool:
        """Tell whether a release runs beside the live one, ready to be switched to."""
        return bool(self._warm_colour(release))

    def _warm_colour(self, release: str) -> str:
        for colour, state in self.colours.items():
            if colour != self.live_colour and state.release == release and state.is_active:
                return colour
        return ""


def app_state() -> Fact[AppState]:
    """Ask how the app stands on the host."""
    return Fact("app", "app", parse_app_state)


def parse_app_state(answer: object) -> AppState:
    """Read the agent's answer to `app`."""
    data = _mapping(answer)
    if not data.get("set_up"):
        return AppState(set_up=False)
    colours = {name: _colour(one) for name, one in _mapping(data.get("colours")).items()}
    return AppState(
        set_up=True,
        fence=_number(data.get("fence")),
        counter=_number(data.get("counter")),
        live=_text(data.get("live")),
        live_colour=_text(data.get("live_colour")),
        inherits=data.get("inherits") is True,
        config_digest=_text(data.get("config_digest")),
        colours=colours,
        releases=tuple(_record(_mapping(one)) for one in _items(data.get("releases"))),
        open_run=_described(data.get("open_run")),
        schema_runs=parse_schema_runs(data.get("schema")),
        broken=_broken(_mapping(data.get("broken"))),
        fallback=_described(data.get("fallback")),
        decided=parse_run_outcome(data["decided"]) if data.get("decided") else None,
        went_back=tuple(parse_run_outcome(one) for one in _items(data.get("went_back"))),
        maintenance=_text(data.get("maintenance")),
        work=parse_at_work(data.get("locked_by")),
        held=parse_hold(data.get("hold")),
        frozen=parse_frozen(data.get("frozen")),
        processes=parse_processes(data.get("processes")),
    )


def _broken(data: Mapping[str, object]) -> BrokenRun | None:
    names = ("run", "command", "release", "cause")
    return BrokenRun(*(_text(data.get(name)) for name in names)) if data else None


def _record(data: Mapping[str, object]) -> ReleaseRecord:
    return ReleaseRecord(
        id=_text(data.get("id")),
        number=_number(data.get("number")),
        revision=_text(data.get("revision")),
        state=_state(_text(data.get("state"))),
        created=_text(data.get("created")),
        actor=_text(data.get("actor")),
        migrations=_text(data.get("migrations")),
        note=_text(data.get("note")),
    )


def _state(text: str) -> ReleaseState:
    """Read a state; a record that somebody has damaged makes no release a good one."""
    try:
        return ReleaseState(text or ReleaseState.BUILDING)
    except ValueError:
        return ReleaseState.FAILED


def _colour(answer: object) -> ColourState:
    data = _mapping(answer)
    return ColourState(
        release=_text(data.get("release")),
        active=_text(data.get("active")),
        pid=_number(data.get("pid")),
        restarts=_number(data.get("restarts")),
        since=str(data.get("since") or ""),
    )


def _described(answer: object) -> str:
    if not isinstance(answer, Mapping) or not answer:
        return ""
    return ", ".join(f"{key} {value}" for key, value in answer.items() if value not in ("", None))


def _mapping(answer: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", answer) if isinstance(answer, Mapping) else {}


def _items(answer: object) -> list[object]:
    return answer if isinstance(answer, list) else []


def _text(answer: object) -> str:
    return answer if isinstance(answer, str) else ""


def _number(answer: object) -> int:
    return answer if isinstance(answer, int) else 0
